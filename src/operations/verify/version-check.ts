/**
 * Which etcd wrote the file and which can run on it.
 *
 * Source: etcd server/storage/schema/{schema,version}.go, server/etcdserver/version/downgrade.go (3.6.14).
 */
import { utf8 } from '../../base/index.ts';
import {
  clusterKeys,
  compareMinorVersions,
  decodeDowngrade,
  decodeVersionRecord,
  type KeyValueStoreFile,
  metaKeys,
  type SchemaVersion,
} from '../../formats/mvcc/index.ts';
import { FindingLog, type VerifyCheck } from './check-report.ts';

/** The first release line that records its storage version. */
const firstWithStorageVersion = { major: 3, minor: 6, patch: 0, text: '3.6.0' };
/** The newest release line whose files are known here. */
const newestKnown = { major: 3, minor: 7, patch: 0, text: '3.7.0' };

export function checkVersions(store: KeyValueStoreFile): VerifyCheck {
  const log = new FindingLog();
  let facts = '';
  log.guard(() => {
    const storage = readVersion(store, 'meta', metaKeys.storageVersion, log);
    const cluster = readVersion(store, 'cluster', clusterKeys.clusterVersion, log);
    for (const version of [storage, cluster]) if (version !== undefined) checkKnown(version, log);
    if (storage !== undefined) checkAgainstCluster(storage, cluster, log);
    else noteOrigin(store, cluster, log);
    checkDowngrade(store, log);
    facts = `storage ${storage?.text ?? 'without version'}, cluster ${cluster?.text ?? 'without version'}`;
  });
  return log.check('versions', facts);
}

function readVersion(
  store: KeyValueStoreFile,
  bucket: string,
  key: string,
  log: FindingLog,
): SchemaVersion | undefined {
  const bytes = store.bucket(bucket)?.get(utf8(key));
  let version: SchemaVersion | undefined;
  if (bytes !== undefined) log.guard(() => (version = decodeVersionRecord(bytes, `${bucket}/${key}`)));
  return version;
}

function checkKnown(version: SchemaVersion, log: FindingLog): void {
  if (compareMinorVersions(version, newestKnown) <= 0) return;
  const message = `version ${version.text} is newer than ${newestKnown.text}, the newest that is known here`;
  log.warn('version-unknown', message, { version: version.text });
}

function checkAgainstCluster(
  storage: SchemaVersion,
  cluster: SchemaVersion | undefined,
  log: FindingLog,
): void {
  if (compareMinorVersions(storage, newestKnown) === 0) {
    log.note('version-needed', 'etcd 3.6 does not start on this file: it refuses a newer storage version');
  }
  if (cluster === undefined || compareMinorVersions(storage, cluster) === 0) return;
  const way = compareMinorVersions(storage, cluster) < 0 ? 'an upgrade' : 'a downgrade';
  const message = `storage version ${storage.text} and cluster version ${cluster.text} differ: ${way} was under way`;
  log.warn('version-change', message, { storage: storage.text, cluster: cluster.text });
}

/** No storage version: etcd before 3.6, or one that has only just been upgraded. */
function noteOrigin(store: KeyValueStoreFile, cluster: SchemaVersion | undefined, log: FindingLog): void {
  if (cluster !== undefined && compareMinorVersions(cluster, firstWithStorageVersion) >= 0) {
    const message = `the cluster version is ${cluster.text}, but the storage version was never written`;
    log.warn('storage-version-missing', message, { cluster: cluster.text });
    return;
  }
  if (store.bucket('meta')?.get(utf8(metaKeys.term)) !== undefined) return;
  const message =
    'written by etcd 3.4: for 3.6 and later it has to be restored by holdfast or by etcdutl, not by etcdctl 3.4';
  log.note('origin-3.4', message);
}

function checkDowngrade(store: KeyValueStoreFile, log: FindingLog): void {
  const bytes = store.bucket('cluster')?.get(utf8(clusterKeys.downgrade));
  if (bytes === undefined) return;
  log.guard(() => {
    const { enabled, targetVersion } = decodeDowngrade(bytes);
    if (!enabled) return;
    decodeVersionRecord(utf8(targetVersion), 'cluster/downgrade');
    log.warn('downgrade-enabled', `a downgrade to ${targetVersion} was under way`, { target: targetVersion });
  });
}
