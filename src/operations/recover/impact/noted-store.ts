import { displayText, equalBytes, utf8 } from '../../../base/index.ts';
import {
  formatStorageKey,
  type JsonObject,
  parseStorageKey,
  storagePath,
} from '../../../formats/kubernetes-object/index.ts';
import {
  encodeRevision,
  type KeyValueStoreFile,
  readUint32At,
  RecordScanner,
} from '../../../formats/mvcc/index.ts';
import type { ObjectReader } from '../../objects/decode/index.ts';
import type { MergedSide, ObjectLookup, ResourceName } from '../../objects/impact/index.ts';
import type { NotedKeys } from '../revisions/index.ts';

/** Objects of a store whose keys were noted while its rows passed by: no second pass is needed to find one. */
export interface NotedStore {
  readonly noted: NotedKeys;
  readonly lookup: ObjectLookup;
  /** A key as one side of a pair. Its value is read when it is asked for. */
  sideOf(id: number): MergedSide;
}

/** @param prefix `--etcd-prefix` of the API server */
export function openNotedStore(
  noted: NotedKeys,
  store: KeyValueStoreFile,
  reader: ObjectReader,
  prefix: string,
): NotedStore {
  const { keys, revisions } = noted;
  const scanner = new RecordScanner();
  const valueOf = (id: number) => readNewest(store, keys.key(id), revisions.get(id), scanner);
  const read = async (id: number, place: ResourceName): Promise<JsonObject | undefined> => {
    const value = valueOf(id);
    const of = { key: keys.key(id), modRevision: revisions.get(id), place };
    const found = value && (await reader.read(value, of, { uncounted: true }));
    return found?.state === 'decoded' ? found.object : undefined;
  };
  return {
    noted,
    lookup: {
      async find(place, namespace, name) {
        const id = keys.find(utf8(formatStorageKey({ ...place, namespace, name }, prefix)));
        return id < 0 || !keys.isAlive(id) ? undefined : await read(id, place);
      },
      async *list(place, namespace) {
        const below = namespace === undefined ? '' : `${namespace}/`;
        const start = utf8(`${prefix}/${storagePath(place.group, place.resource)}/${below}`);
        for (let id = 0; id < keys.size; id++) {
          if (!keys.isAlive(id) || !beginsWith(keys.key(id), start)) continue;
          const found = parseStorageKey(displayText(keys.key(id)), prefix);
          if (found?.resource !== place.resource || found.group !== place.group) continue;
          const object = await read(id, place);
          if (object !== undefined) yield object;
        }
      },
    },
    sideOf: (id) => ({
      key: { key: keys.key(id), modRevision: revisions.get(id) },
      // A row that a compaction has taken meanwhile has no value any more; it is then as one that cannot be read.
      value: () => Promise.resolve(valueOf(id) ?? new Uint8Array(0)),
    }),
  };
}

export function beginsWith(key: Uint8Array, start: Uint8Array): boolean {
  if (key.length < start.length) return false;
  // Most keys differ near the end of what is compared.
  for (let i = start.length - 1; i >= 0; i--) if (key[i] !== start[i]) return false;
  return true;
}

/** The value that a key was given at a revision: a copy. Undefined where there is no such row. */
function readNewest(
  store: KeyValueStoreFile,
  key: Uint8Array,
  revision: bigint,
  scanner: RecordScanner,
): Uint8Array | undefined {
  const first = encodeRevision({ main: revision, sub: 0n, tombstone: false });
  for (const { key: rowKey, value } of store.bucket('key')?.entries(first) ?? []) {
    const isOfRevision =
      readUint32At(rowKey, 0) === readUint32At(first, 0) &&
      readUint32At(rowKey, 4) === readUint32At(first, 4);
    if (!isOfRevision || scanner.scan(value) !== undefined) return undefined;
    if (equalBytes(value.subarray(scanner.keyStart, scanner.keyEnd), key))
      return value.slice(scanner.valueStart, scanner.valueEnd);
  }
  return undefined;
}
