import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { fileError, type OperationContext } from '../../../base/index.ts';
import { formatMemberId } from '../../../formats/mvcc/index.ts';
import type { FindingLog } from '../../verify/index.ts';
import type { DrillExpectations } from '../drill-options.ts';
import type { DrillSubject } from './drill-subject.ts';
import type { LoadedSubject } from './load-subject.ts';

/** Compares the backup with what the user knows of it from elsewhere. */
export async function checkExpected(
  expect: DrillExpectations,
  {
    subject,
    loaded,
    fileSha256,
  }: {
    readonly subject: DrillSubject;
    readonly loaded: LoadedSubject;
    /** As far as it is known. */
    readonly fileSha256: string | undefined;
  },
  log: FindingLog,
  ctx: OperationContext,
): Promise<string> {
  const { expectation, members, dataDir } = loaded;
  const compared: string[] = [];
  const compare = (what: string, wanted: string, found: string) => {
    if (wanted === found) compared.push(what);
    else log.fail('unexpected', `${what} is ${found}, not ${wanted}`);
  };
  if (expect.fileSha256 !== undefined)
    compare(
      'SHA-256 of the file',
      expect.fileSha256.toLowerCase(),
      fileSha256 ?? (await sha256Of(subject, ctx)),
    );
  if (expect.revision !== undefined)
    compare('revision', expect.revision.toString(), expectation.revision.toString());
  if (expect.hashKv !== undefined)
    compare('HashKV', expect.hashKv.toString(), expectation.hashes[0]!.hash.toString());
  if (expect.clusterId !== undefined)
    compare(
      'cluster id',
      normalId(expect.clusterId),
      dataDir === undefined ? 'in no file but a data dir' : formatMemberId(dataDir.clusterId),
    );
  const known = new Set(members.flatMap(({ id, name }) => [formatMemberId(id), name]));
  for (const member of expect.members ?? []) {
    if (known.has(member) || known.has(normalId(member))) compared.push(`member ${member}`);
    else
      log.fail(
        'member-unexpected',
        `member ${member} is not in it: it is of another cluster, or of another time`,
      );
  }
  return `as expected: ${compared.join(', ')}`;
}

function normalId(id: string): string {
  return id.toLowerCase().replace(/^(0x)?0*/, '');
}

async function sha256Of({ databasePath: path }: DrillSubject, { signal }: OperationContext): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, { signal });
  } catch (error) {
    throw fileError(error, 'read', path);
  }
  return hash.digest('hex');
}
