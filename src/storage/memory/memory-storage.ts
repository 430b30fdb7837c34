import { HoldfastError } from '../../base/index.ts';
import { objectMissing, requireWanted, requireWithinLimit, resolveRange } from '../failures.ts';
import { requireObjectName, requirePrefix } from '../object-name.ts';
import type { ObjectStat, Storage } from '../storage.ts';

interface StoredObject {
  readonly bytes: Uint8Array;
  readonly modifiedMs: number;
  readonly retainUntilMs: number;
}

export interface MemoryStorageOptions {
  /** The store's clock; default the system's. */
  readonly now?: () => number;
}

/** A store in memory that can do everything. For tests and for trying things out. */
export function openMemoryStorage(options: MemoryStorageOptions = {}): Storage {
  const objects = new Map<string, StoredObject>();
  const now = options.now ?? Date.now;
  const location = 'memory';
  const statOf = (name: string, object: StoredObject): ObjectStat => ({
    name,
    sizeBytes: object.bytes.length,
    modifiedMs: object.modifiedMs,
  });
  return {
    location,
    capabilities: { atomicPutIfAbsent: true, consistentList: true, objectLock: true },
    putIfAbsent: inTurn((name, content, putOptions) => {
      requireWanted(putOptions);
      requireObjectName(name);
      if (objects.has(name)) return 'exists';
      const bytes = Uint8Array.from(Buffer.concat(content));
      objects.set(name, { bytes, modifiedMs: now(), retainUntilMs: putOptions?.retainUntilMs ?? 0 });
      return 'created';
    }),
    get: inTurn((name, getOptions) => {
      requireWanted(getOptions);
      requireObjectName(name);
      const object = objects.get(name);
      if (object === undefined) throw objectMissing(location, name);
      const { start, end } = resolveRange(object.bytes.length, getOptions);
      requireWithinLimit(location, name, end - start, getOptions);
      return object.bytes.slice(start, end);
    }),
    stat: inTurn((name, statOptions) => {
      requireWanted(statOptions);
      requireObjectName(name);
      const object = objects.get(name);
      return object === undefined ? undefined : statOf(name, object);
    }),
    async *list(prefix, listOptions) {
      requirePrefix(prefix);
      const names = [...objects.keys()].filter((name) => name.startsWith(prefix)).sort();
      for (const name of names) {
        requireWanted(listOptions);
        const object = await Promise.resolve(objects.get(name));
        if (object !== undefined) yield statOf(name, object);
      }
    },
    delete: inTurn((name, deleteOptions) => {
      requireWanted(deleteOptions);
      requireObjectName(name);
      if ((objects.get(name)?.retainUntilMs ?? 0) > now())
        throw new HoldfastError('STORAGE_OBJECT_LOCKED', `${location}: ${name} is kept for now`);
      objects.delete(name);
    }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** The same work, done when the caller has let go, as with a store that is elsewhere. */
function inTurn<A extends readonly unknown[], T>(work: (...args: A) => T): (...args: A) => Promise<T> {
  return (...args) => Promise.resolve().then(() => work(...args));
}
