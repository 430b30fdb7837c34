import {
  type FileSource,
  HoldfastError,
  type OperationContext,
  sha256OfFile,
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
import { verifySnapshot } from '../verify/index.ts';
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
  const verified = await verifySnapshot({ path, skipDigest, look: watcher.look, hashKv: true }, ctx);
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
    sizeBytes: file.sizeBytes,
    sha256: fileSha256 ?? (await sha256OfFile(path, ctx.signal)),
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
