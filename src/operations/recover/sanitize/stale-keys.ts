import { displayText } from '../../../base/index.ts';
import { parseStorageKey, type StorageKey } from '../../../formats/kubernetes-object/index.ts';

/** Kinds of keys that only a running cluster keeps true; after a recovery they are made again, or never. */
export const staleKinds = [
  'api-server-endpoint',
  'node-lease',
  'leader-election-lease',
  'api-server-lease',
] as const;

export type StaleKind = (typeof staleKinds)[number];

/**
 * What a key is that should not come back; undefined for all others.
 *
 * `masterleases` hold the addresses of API servers. They live as long as an etcd lease, and a snapshot may hold one
 * whose lease is gone: then the address stays for ever (kubernetes 86812). Leases of nodes and of leader elections say
 * that somebody was alive when the snapshot was taken.
 */
export function staleKindOf(key: Uint8Array, storagePrefix: string): StaleKind | undefined {
  const text = displayText(key);
  if (text.startsWith(`${storagePrefix}/masterleases/`)) return 'api-server-endpoint';
  const parsed = parseStorageKey(text, storagePrefix);
  return parsed?.group === 'coordination.k8s.io' && parsed.resource === 'leases'
    ? leaseKind(parsed)
    : undefined;
}

function leaseKind({ namespace, name }: StorageKey): StaleKind | undefined {
  if (namespace === 'kube-node-lease') return 'node-lease';
  if (namespace !== 'kube-system') return undefined;
  return name.startsWith('apiserver-') ? 'api-server-lease' : 'leader-election-lease';
}
