/** What the rows of a database, or of a data dir with its log, tell about the Kubernetes cluster in it. */
import { displayText, type Steps, utf8 } from '../../../base/index.ts';
import {
  decodeObjectMetadata,
  parseEncryptedValue,
  parseStorageKey,
} from '../../../formats/kubernetes-object/index.ts';
import {
  collectKeysSteps,
  type KeyValueStoreFile,
  type LiveKeySet,
  type RowLook,
  Uint64Column,
} from '../../../formats/mvcc/index.ts';

export interface ClusterFacts {
  /** Keys that a client can read. */
  readonly keyCount: number;
  /** Of the namespace kube-system: a cluster keeps it for life. Undefined where there is none, or it is encrypted. */
  readonly kubeSystemUid: string | undefined;
  /** Kubernetes nodes by name, in order. */
  readonly nodeNames: readonly string[];
  readonly encrypted: readonly EncryptedValues[];
}

/** Values that need one key. */
export interface EncryptedValues {
  /** `k8s:enc:aescbc:v1:key1:` */
  readonly prefix: string;
  /** Resource as encryption configurations name it: `secrets`, `deployments.apps`. */
  readonly resource: string;
  readonly count: number;
}

/** The keys of a store, each with the revision at which it was last written. */
export interface NotedKeys {
  readonly keys: LiveKeySet;
  /** By the keys' ids; 0 for what was deleted. */
  readonly revisions: Uint64Column;
}

/**
 * Reads all of it in one pass. Throws RECORD_INVALID.
 * @param storagePrefix `--etcd-prefix` of the API server
 */
export function* clusterFactsSteps(
  store: KeyValueStoreFile,
  storagePrefix: string,
): Steps<{ readonly facts: ClusterFacts; readonly noted: NotedKeys }> {
  const watcher = new ClusterWatcher();
  const keys = yield* collectKeysSteps(store, watcher.look);
  const facts = watcher.factsOf(keys, storagePrefix);
  return { facts, noted: { keys, revisions: watcher.revisions } };
}

/** Notes what matters while the rows of a store pass by in their order, whoever reads them. */
export class ClusterWatcher {
  /** Newest values of keys that may be that of the namespace kube-system, by the keys' ids. */
  readonly #namespaces = new Map<number, Uint8Array>();
  /** Prefixes of the newest values of keys, where those are encrypted. */
  readonly #encrypted = new Map<number, string>();
  /** Of each key's newest row, by the keys' ids; 0 for a deletion. */
  readonly revisions = new Uint64Column();

  readonly look: RowLook = (id, record, { keyEnd, valueStart, valueEnd, modHigh, modLow }) => {
    if (id === this.revisions.length) this.revisions.push(modHigh, modLow);
    else this.revisions.set(id, modHigh, modLow);
    if (endsWith(record, keyEnd, kubeSystemEnding))
      this.#namespaces.set(id, record.slice(valueStart, valueEnd));
    const value = parseEncryptedValue(record.subarray(valueStart, valueEnd));
    if (value !== undefined) {
      this.#encrypted.set(id, `k8s:enc:${value.provider}:${value.version}:${value.keyName}:`);
    } else if (this.#encrypted.size > 0) this.#encrypted.delete(id);
  };

  /** After the last row. */
  factsOf(keys: LiveKeySet, storagePrefix: string): ClusterFacts {
    return {
      keyCount: keys.countLiveKeys(),
      kubeSystemUid: this.#kubeSystemUid(keys, storagePrefix),
      nodeNames: readNodeNames(keys, storagePrefix),
      encrypted: countEncrypted(keys, this.#encrypted, storagePrefix),
    };
  }

  #kubeSystemUid(keys: LiveKeySet, storagePrefix: string): string | undefined {
    const wanted = `${storagePrefix}${kubeSystemPath}`;
    const [, value] =
      [...this.#namespaces].find(([id]) => keys.isAlive(id) && displayText(keys.key(id)) === wanted) ?? [];
    return value === undefined ? undefined : readUid(value);
  }
}

const kubeSystemPath = '/namespaces/kube-system';
const kubeSystemEnding = utf8(kubeSystemPath);

function endsWith(bytes: Uint8Array, end: number, ending: Uint8Array): boolean {
  const start = end - ending.length;
  for (let i = ending.length - 1; i >= 0; i--) if (bytes[start + i] !== ending[i]) return false;
  return true;
}

function readUid(value: Uint8Array): string | undefined {
  const found = decodeObjectMetadata(value);
  const metadata = found.state === 'decoded' ? found.object['metadata'] : undefined;
  const uid =
    typeof metadata === 'object' && metadata !== null && 'uid' in metadata ? metadata['uid'] : undefined;
  return typeof uid === 'string' ? uid : undefined;
}

function readNodeNames(keys: LiveKeySet, storagePrefix: string): string[] {
  const prefix = `${storagePrefix}/minions/`;
  return [...liveKeysBelow(keys, prefix)].map((key) => key.slice(prefix.length)).sort();
}

function countEncrypted(
  keys: LiveKeySet,
  prefixes: ReadonlyMap<number, string>,
  storagePrefix: string,
): EncryptedValues[] {
  const counts = new Map<string, EncryptedValues>();
  for (const [id, prefix] of prefixes) {
    if (!keys.isAlive(id)) continue;
    const key = parseStorageKey(displayText(keys.key(id)), storagePrefix);
    const resource =
      key === undefined ? '' : key.group === '' ? key.resource : `${key.resource}.${key.group}`;
    const known = counts.get(`${resource} ${prefix}`);
    counts.set(`${resource} ${prefix}`, { prefix, resource, count: (known?.count ?? 0) + 1 });
  }
  return [...counts.values()];
}

/** Keys that exist and begin so, in no order. */
export function* liveKeysBelow(keys: LiveKeySet, prefix: string): Generator<string> {
  const wanted = utf8(prefix);
  for (let id = 0; id < keys.size; id++) {
    if (!keys.isAlive(id)) continue;
    const key = keys.key(id);
    if (wanted.every((byte, index) => key[index] === byte)) yield displayText(key);
  }
}
