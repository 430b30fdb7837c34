import { displayText, utf8 } from '../../base/index.ts';
import {
  decodeObjectMetadata,
  decodeObjectParts,
  type JsonValue,
  parseStorageKey,
} from '../../formats/kubernetes-object/index.ts';
import { type LiveKeySet, type RowLook, Uint32Column } from '../../formats/mvcc/index.ts';
import type { ResourceTotal } from '../../repository/index.ts';

const kubeSystemPath = '/namespaces/kube-system';
const kubeSystemEnding = Buffer.from(kubeSystemPath);

const nodePath = utf8('/minions/');
/** So many nodes say which version a cluster has. */
const nodeLimit = 16;
/** Larger than any node is. */
const maxNodeBytes = 1 << 20;

/** Of keys that are no Kubernetes objects at most so many beginnings are told apart. */
const otherLimit = 100;

const slash = 0x2f;
/** Namespaces of resources that are remembered while objects are counted. */
const directoryLimit = 10_000;

interface Total {
  objects: number;
  bytes: number;
}

/** Notes what a record of a backup says of the content, while the rows pass by. */
export class ContentWatcher {
  /** Bytes of each key's newest record, by the keys' ids. */
  readonly #sizes = new Uint32Column();
  readonly #namespaces = new Map<number, Uint8Array>();
  readonly #nodes = new Map<number, Uint8Array>();

  readonly look: RowLook = (id, record, { keyEnd, valueStart, valueEnd }) => {
    if (id === this.#sizes.length) this.#sizes.push(record.length);
    else this.#sizes.set(id, record.length);
    if (isKubeSystem(record, keyEnd)) this.#namespaces.set(id, record.slice(valueStart, valueEnd));
    else if (this.#isWatchedNode(id, record, keyEnd) && valueEnd - valueStart <= maxNodeBytes)
      this.#nodes.set(id, record.slice(valueStart, valueEnd));
  };

  #isWatchedNode(id: number, record: Uint8Array, keyEnd: number): boolean {
    if (!isNode(record, keyEnd)) return false;
    return this.#nodes.size < nodeLimit || this.#nodes.has(id);
  }

  /** The newest version of a kubelet: the API server's is the same, or newer by a few. Undefined without nodes. */
  kubernetesVersion(keys: LiveKeySet): string | undefined {
    const versions = [...this.#nodes].flatMap(([id, value]) =>
      keys.isAlive(id) ? (kubeletVersionOf(value) ?? []) : [],
    );
    return versions.sort(byNumbers).at(-1);
  }

  /** UID of the namespace kube-system, which a cluster keeps for life; undefined where there is none to be read. */
  kubeSystemUid(keys: LiveKeySet): string | undefined {
    for (const [id, value] of this.#namespaces) {
      if (!keys.isAlive(id)) continue;
      const found = decodeObjectMetadata(value);
      const metadata = found.state === 'decoded' ? found.object['metadata'] : undefined;
      if (typeof metadata !== 'object' || metadata === null || !('uid' in metadata)) continue;
      if (typeof metadata['uid'] === 'string') return metadata['uid'];
    }
    return undefined;
  }

  /** Live objects and bytes by resource; of other keys by their beginning. Largest first. */
  resources(keys: LiveKeySet): ResourceTotal[] {
    const prefix = this.#storagePrefix(keys);
    const totals = new Map<string, Total>();
    // What an object is follows from all of its key but the last part, and most have that in common with many.
    const known = new Map<string, Total>();
    for (let id = 0; id < keys.size; id++) {
      if (!keys.isAlive(id)) continue;
      const key = keys.key(id);
      const nameAt = key.lastIndexOf(slash) + 1;
      const directory = Buffer.from(key.buffer, key.byteOffset, nameAt).toString('latin1');
      let total = nameAt < key.length ? known.get(directory) : undefined;
      if (total === undefined) {
        const text = displayText(key);
        const place = parseStorageKey(text, prefix);
        let name = place === undefined ? beginningOf(text) : nameOf(place);
        if (place === undefined && !totals.has(name) && totals.size >= otherLimit) name = 'other keys';
        total = totals.get(name) ?? { objects: 0, bytes: 0 };
        totals.set(name, total);
        if (place !== undefined && known.size < directoryLimit) known.set(directory, total);
      }
      total.objects++;
      total.bytes += this.#sizes.get(id);
    }
    return [...totals]
      .map(([resource, total]) => ({ resource, ...total }))
      .sort((a, b) => b.bytes - a.bytes || (a.resource < b.resource ? -1 : 1));
  }

  #storagePrefix(keys: LiveKeySet): string | undefined {
    for (const id of this.#namespaces.keys())
      if (keys.isAlive(id)) return displayText(keys.key(id)).slice(0, -kubeSystemPath.length);
    return undefined;
  }
}

function isKubeSystem(record: Uint8Array, keyEnd: number): boolean {
  const start = keyEnd - kubeSystemEnding.length;
  for (let at = kubeSystemEnding.length - 1; at >= 0; at--)
    if (record[start + at] !== kubeSystemEnding[at]) return false;
  return true;
}

/** Nodes lie under `minions` since before they were called nodes. */
function isNode(record: Uint8Array, keyEnd: number): boolean {
  const slash = record.lastIndexOf(0x2f, keyEnd - 1);
  const start = slash + 1 - nodePath.length;
  if (start < 0) return false;
  return nodePath.every((byte, at) => record[start + at] === byte);
}

function kubeletVersionOf(value: Uint8Array): string | undefined {
  const found = decodeObjectParts(value, { status: { nodeInfo: { kubeletVersion: true } } });
  const node = found.state === 'decoded' ? found.object : undefined;
  const version = memberOf(memberOf(memberOf(node, 'status'), 'nodeInfo'), 'kubeletVersion');
  return typeof version === 'string' && /^v?\d+\.\d+/.test(version) ? version : undefined;
}

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, JsonValue>>)[name]
    : undefined;
}

/** `v1.9.3` before `v1.31.4`. */
function byNumbers(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function nameOf({ group, resource }: { readonly group: string; readonly resource: string }): string {
  return group === '' ? resource : `${resource}.${group}`;
}

/** `/app/config/x` begins with `/app/`; a key without a slash is among the other ones. */
function beginningOf(key: string): string {
  const end = key.indexOf('/', 1);
  return end < 0 || end > 40 ? 'other keys' : key.slice(0, end + 1);
}
