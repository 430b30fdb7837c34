import { utf8 } from '../../../base/index.ts';
import { decodeObjectMetadata } from '../../../formats/kubernetes-object/index.ts';
import { decodeKeyValue, type Keyspace, type KeyValueStoreFile } from '../../../formats/mvcc/index.ts';

/**
 * The uid of the namespace kube-system, which a Kubernetes cluster keeps for life. Undefined where there is none, or
 * where it is encrypted.
 */
export function readKubeSystemUid(
  store: KeyValueStoreFile,
  keyspace: Keyspace,
  storagePrefix: string,
): string | undefined {
  const rank = keyspace.find(utf8(`${storagePrefix}/namespaces/kube-system`));
  const row = rank === undefined ? undefined : keyspace.history(rank).at(-1);
  if (row === undefined || keyspace.isTombstone(row)) return undefined;
  const record = store.bucket('key')?.get(keyspace.rowKey(row));
  if (record === undefined) return undefined;
  const found = decodeObjectMetadata(decodeKeyValue(record).value);
  const metadata = found.state === 'decoded' ? found.object['metadata'] : undefined;
  const uid =
    typeof metadata === 'object' && metadata !== null && 'uid' in metadata ? metadata['uid'] : undefined;
  return typeof uid === 'string' ? uid : undefined;
}
