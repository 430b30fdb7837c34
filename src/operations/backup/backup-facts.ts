import {
  type FileSource,
  fileStateOf,
  formatHex,
  hashFile,
  HoldfastError,
  type OperationContext,
  utf8,
} from '../../base/index.ts';
import { type Database } from '../../formats/bbolt/index.ts';
import {
  clusterKeys,
  decodeMemberKey,
  decodeUint64Record,
  decodeVersionRecord,
  formatMemberId,
  metaKeys,
  readStorageVersion,
  readStoreRevision,
} from '../../formats/mvcc/index.ts';
import type { BackupCluster, BackupRecord, ResourceTotal } from '../../repository/index.ts';
import { verifyOpenSnapshot } from '../verify/index.ts';
import { ContentWatcher } from './content-watcher.ts';

/** What a record says of a database. */
export interface BackupFacts
  extends Pick<
    BackupRecord,
    | 'revision'
    | 'compactedRevision'
    | 'term'
    | 'consistentIndex'
    | 'etcdVersion'
    | 'storageVersion'
    | 'kubernetesVersion'
  > {
  /** Which file, and in which state, it was that was checked: see `fileStateOf`. */
  readonly fileState: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly hasDigest: boolean;
  readonly cluster: Pick<BackupCluster, 'identity' | 'members'>;
  readonly snapshotHash: number;
  readonly kvHash: number;
  readonly liveKeys: number;
  readonly resources: readonly ResourceTotal[];
}

/**
 * Makes every check of a file and reads what a record says of it.
 * Errors: VERIFY_FAILED, those of `verifySnapshot`.
 */
export async function readBackupFacts(
  path: string,
  { file, database }: { readonly file: FileSource; readonly database: Database },
  { skipDigest }: { readonly skipDigest: boolean },
  ctx: OperationContext,
): Promise<BackupFacts> {
  const watcher = new ContentWatcher();
  const fileState = fileStateOf(file);
  const verified = await verifyOpenSnapshot(
    file,
    { path, skipDigest, look: watcher.look, hashKv: true },
    ctx,
  );
  const failed = verified.checks.filter(({ status }) => status === 'fail');
  if (failed.length > 0)
    throw new HoldfastError('VERIFY_FAILED', `${path} fails ${failed.map(({ name }) => name).join(', ')}`, {
      details: { path, checks: failed.map(({ name }) => name) },
    });
  const { current, compact } = readStoreRevision(database);
  const storageVersion = readStorageVersion(database)?.text;
  const etcdVersion = readEtcdVersion(database);
  const { keys, fileSha256, snapshotHash, kvHash } = verified;
  const kubernetesVersion = watcher.kubernetesVersion(keys);
  return {
    fileState,
    sizeBytes: file.sizeBytes,
    sha256: fileSha256 ?? (await sha256Of(file, ctx.signal)),
    hasDigest: fileSha256 !== undefined,
    cluster: identify(watcher.kubeSystemUid(keys), memberIds(database)),
    revision: current,
    compactedRevision: compact,
    term: readMetaNumber(database, metaKeys.term),
    consistentIndex: readMetaNumber(database, metaKeys.consistentIndex),
    ...(etcdVersion !== undefined && { etcdVersion }),
    ...(storageVersion !== undefined && { storageVersion }),
    ...(kubernetesVersion !== undefined && { kubernetesVersion }),
    snapshotHash: snapshotHash!,
    kvHash: kvHash!,
    liveKeys: keys.countLiveKeys(),
    resources: watcher.resources(keys),
  };
}

async function sha256Of(file: FileSource, signal: AbortSignal): Promise<string> {
  const rest = new Uint8Array(0);
  return formatHex((await hashFile(file, { contentBytes: file.sizeBytes, rest, signal })).whole);
}

function identify(kubeSystemUid: string | undefined, members: readonly string[]) {
  const identity =
    kubeSystemUid === undefined ? `members:${members.join(',')}` : `kubernetes:${kubeSystemUid}`;
  return { identity, members };
}

/** Ids of members, present and removed, sorted. */
function memberIds(database: Database): string[] {
  const ids = new Set<string>();
  for (const name of ['members', 'members_removed'])
    for (const { key } of database.bucket(name)?.entries() ?? [])
      ids.add(formatMemberId(decodeMemberKey(key)));
  return [...ids].sort();
}

function readMetaNumber(database: Database, key: string): bigint {
  const value = database.bucket('meta')?.get(utf8(key));
  return value === undefined ? 0n : decodeUint64Record(value, `meta/${key}`);
}

/** The version that the cluster agreed on; none in a fresh one. */
function readEtcdVersion(database: Database): string | undefined {
  const value = database.bucket('cluster')?.get(utf8(clusterKeys.clusterVersion));
  return value === undefined ? undefined : decodeVersionRecord(value, 'cluster/clusterVersion').text;
}
