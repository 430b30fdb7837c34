import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../../../base/index.ts';
import type { DataDir } from '../../../formats/data-dir/index.ts';
import { formatMemberId } from '../../../formats/mvcc/index.ts';
import { walSegmentNames, walSegmentSizeBytes } from '../../../formats/wal/index.ts';
import type { FindingLog } from '../../verify/index.ts';
import type { DrillSubject } from './drill-subject.ts';

/**
 * The write-ahead log of a data dir, beside its database. That it can be read at all, and that there is no gap between
 * the two, opening it has shown.
 */
export async function checkDataDirLog(
  { walDir }: DrillSubject,
  { log: state, members, nodeId }: DataDir,
  log: FindingLog,
): Promise<string> {
  await checkLastSegment(walDir, log);
  if (state.tornTail !== undefined)
    log.warn('torn', `the log ends in the middle of a write, which is lost: ${state.tornTail}`);
  if (state.consistentIndex > state.lastIndex) {
    const message = `the database is at index ${state.consistentIndex}, beyond the end of the log at ${state.lastIndex}`;
    log.fail('index-beyond-log', message);
  }
  if (!members.some(({ id }) => id === nodeId)) {
    const message = `the log is that of member ${formatMemberId(nodeId)}, which the database does not know`;
    log.fail('member-foreign', message);
  }
  for (const message of state.damagedSnaps) log.warn('snap-damaged', message);
  for (const user of state.lostPasswords) log.warn('password-lost', `the password of user ${user} is lost`);
  const { appliedCount, appliedIndex, uncommittedCount } = state;
  const more = uncommittedCount === 0 ? '' : `, ${uncommittedCount} uncommitted left out`;
  return `index ${appliedIndex}, ${appliedCount} entries newer than the database${more}`;
}

/**
 * Every segment is made with its full size before anything is written to it, and only closed ones are cut to what they
 * hold. Source: etcd server/storage/wal/{wal,file_pipeline}.go (3.6.14), the same since 3.4.
 */
async function checkLastSegment(walDir: string, log: FindingLog): Promise<void> {
  const last = walSegmentNames(await namesIn(walDir)).at(-1);
  if (last === undefined) return;
  const { size } = await stat(join(walDir, last.name));
  if (size >= walSegmentSizeBytes) return;
  const message = `the log is cut off: its last segment has ${size} bytes of at least ${walSegmentSizeBytes}`;
  log.fail('log-cut-off', message, { segment: last.name, sizeBytes: size });
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    throw fileError(error, 'read', directory);
  }
}
