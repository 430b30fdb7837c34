/** What the rows of a database, or of a data dir with its log, tell about the Kubernetes cluster in it. */
import { displayText, type Steps, utf8 } from '../../../base/index.ts';
import {
  decodeObjectMetadata,
  parseEncryptedValue,
  parseStorageKey,
} from '../../../formats/kubernetes-object/index.ts';
import {
  collectKeysSteps,
  type KeySet,
  type KeyValueStoreFile,
  type RecordScanner,
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

/**
 * Reads all of it in one pass. Throws RECORD_INVALID.
 * @param storagePrefix `--etcd-prefix` of the API server
 */
export function* clusterFactsSteps(store: KeyValueStoreFile, storagePrefix: string): Steps<ClusterFacts> {
  const kubeSystem = new NewestValue(utf8(`${storagePrefix}/namespaces/kube-system`));
  /** Prefix of the newest value of each key that has an encrypted one. */
  const encrypted = new Map<number, string>();
  const keys = yield* collectKeysSteps(store, (id, record, parts) => {
    kubeSystem.look(id, record, parts);
    const value = parseEncryptedValue(record.subarray(parts.valueStart, parts.valueEnd));
    if (value !== undefined) {
      encrypted.set(id, `k8s:enc:${value.provider}:${value.version}:${value.keyName}:`);
    } else if (encrypted.size > 0) encrypted.delete(id);
  });
  return {
    keyCount: keys.countLiveKeys(),
    kubeSystemUid: readUid(kubeSystem.in(keys)),
    nodeNames: readNodeNames(keys, storagePrefix),
    encrypted: countEncrypted(keys, encrypted, storagePrefix),
  };
}

/** Keeps the newest value of one key while the rows pass by. */
class NewestValue {
  readonly #key: Uint8Array;
  #id = -1;
  #value: Uint8Array | undefined;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  look(id: number, record: Uint8Array, { keyStart, keyEnd, valueStart, valueEnd }: RecordScanner): void {
    if (keyEnd - keyStart !== this.#key.length) return;
    for (let i = this.#key.length - 1; i >= 0; i--) if (record[keyStart + i] !== this.#key[i]) return;
    this.#id = id;
    this.#value = record.slice(valueStart, valueEnd);
  }

  /** Undefined when the key does not exist. */
  in(keys: KeySet): Uint8Array | undefined {
    return this.#id >= 0 && keys.isAlive(this.#id) ? this.#value : undefined;
  }
}

function readUid(value: Uint8Array | undefined): string | undefined {
  if (value === undefined) return undefined;
  const found = decodeObjectMetadata(value);
  const metadata = found.state === 'decoded' ? found.object['metadata'] : undefined;
  const uid =
    typeof metadata === 'object' && metadata !== null && 'uid' in metadata ? metadata['uid'] : undefined;
  return typeof uid === 'string' ? uid : undefined;
}

function readNodeNames(keys: KeySet, storagePrefix: string): string[] {
  const prefix = `${storagePrefix}/minions/`;
  return [...liveKeysBelow(keys, prefix)].map((key) => key.slice(prefix.length)).sort();
}

function countEncrypted(
  keys: KeySet,
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
export function* liveKeysBelow(keys: KeySet, prefix: string): Generator<string> {
  const wanted = utf8(prefix);
  for (let id = 0; id < keys.size; id++) {
    if (!keys.isAlive(id)) continue;
    const key = keys.key(id);
    if (wanted.every((byte, index) => key[index] === byte)) yield displayText(key);
  }
}
