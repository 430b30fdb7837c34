/** What a recovery has to know of its snapshot. */
import { openFileSource, type OperationContext, sha256OfFile } from '../../../base/index.ts';
import { type Database, openDatabase } from '../../../formats/bbolt/index.ts';
import {
  alarmTypes,
  decodeAlarmKey,
  decodeMember,
  readStorageVersion,
  readStoreRevision,
} from '../../../formats/mvcc/index.ts';
import { verifySnapshot, type VerifyResult } from '../../verify/index.ts';
import { type ClusterFacts, ClusterWatcher, type DataDirMember } from '../revisions/index.ts';

export interface SnapshotFacts extends ClusterFacts {
  readonly path: string;
  readonly sizeBytes: number;
  /** Of the whole file, lower-case hex. */
  readonly sha256: string;
  readonly revision: bigint;
  readonly members: readonly DataDirMember[];
  /** `3.6`, or undefined before 3.6. */
  readonly storageVersion: string | undefined;
  readonly hasNoSpaceAlarm: boolean;
}

/** A snapshot with what its checks say, and what was noted on the way. */
export interface CheckedSnapshot {
  readonly verified: VerifyResult;
  readonly watcher: ClusterWatcher;
}

/** Makes every check of a file. Errors: those of `verifySnapshot`. */
export async function checkSnapshot(
  path: string,
  skipDigest: boolean,
  ctx: OperationContext,
): Promise<CheckedSnapshot> {
  const watcher = new ClusterWatcher();
  return { verified: await verifySnapshot({ path, skipDigest, look: watcher.look }, ctx), watcher };
}

/**
 * What a plan needs of a file that has passed its checks.
 * @param storagePrefix `--etcd-prefix` of the API server
 */
export async function readSnapshotFacts(
  { verified: { path, fileSha256, keys }, watcher }: CheckedSnapshot,
  storagePrefix: string,
  ctx: OperationContext,
): Promise<SnapshotFacts> {
  using file = openFileSource(path);
  const database = openDatabase(file);
  return {
    ...watcher.factsOf(keys, storagePrefix),
    path,
    sizeBytes: file.sizeBytes,
    sha256: fileSha256 ?? (await sha256OfFile(path, ctx.signal)),
    revision: readStoreRevision(database).current,
    members: readMemberRows(database),
    storageVersion: readStorageVersion(database)?.text,
    hasNoSpaceAlarm: hasNoSpaceAlarm(database),
  };
}

function readMemberRows(database: Database): DataDirMember[] {
  return [...(database.bucket('members')?.entries() ?? [])].map(({ value }) => {
    const { id, name, peerUrls, isLearner } = decodeMember(value);
    return { id: id.toString(16), name, peerUrls, isLearner };
  });
}

function hasNoSpaceAlarm(database: Database): boolean {
  const rows = [...(database.bucket('alarm')?.entries() ?? [])];
  return rows.some(({ key }) => decodeAlarmKey(key).alarm === alarmTypes.noSpace);
}
