import { HoldfastError } from '../../base/index.ts';
import type { ObjectStat, Storage } from '../storage.ts';

export type StorageAction = 'put' | 'get' | 'stat' | 'list' | 'delete';

/** What goes wrong. */
export type Fault =
  /** The request fails, and nothing has happened. */
  | {
      readonly kind: 'before';
      readonly code: 'STORAGE_UNREACHABLE' | 'STORAGE_THROTTLED' | 'STORAGE_DENIED' | 'STORAGE_FAILED';
    }
  /** The request fails, and what it asked for has happened. */
  | { readonly kind: 'after-effect' }
  /** A put leaves the first part of the object under its name, and fails. */
  | { readonly kind: 'torn'; readonly keptBytes: number }
  /** A get gives fewer bytes than there are. */
  | { readonly kind: 'short'; readonly keptBytes: number }
  /** A get gives bytes of which one has another bit. */
  | { readonly kind: 'flipped'; readonly bit: number }
  /** A list shows the store as it was when the wrapper last looked, at this many changes ago. */
  | { readonly kind: 'stale'; readonly changes: number };

/** Asked before each request; what it returns happens. */
export type FaultPlan = (request: {
  readonly action: StorageAction;
  /** Name or prefix. */
  readonly name: string;
  /** How many requests of this action there were before. */
  readonly count: number;
}) => Fault | undefined;

/**
 * A store in which things go wrong as planned. For tests of what stands on stores: it shows what a network, an
 * overloaded server or an eventually consistent listing does.
 */
export function faultyStorage(storage: Storage, plan: FaultPlan): Storage {
  const counts = { put: 0, get: 0, stat: 0, list: 0, delete: 0 };
  const changes = new ChangeLog();
  const faultOf = (action: StorageAction, name: string) => plan({ action, name, count: counts[action]++ });
  const around = async <T>(action: StorageAction, name: string, work: (fault?: Fault) => Promise<T>) => {
    const fault = faultOf(action, name);
    if (fault?.kind === 'before') throw failure(fault.code, action, name);
    const result = await work(fault);
    if (fault?.kind === 'after-effect' || fault?.kind === 'torn')
      throw failure('STORAGE_UNREACHABLE', action, name);
    return result;
  };
  return {
    location: storage.location,
    get capabilities() {
      return storage.capabilities;
    },
    putIfAbsent: (name, content, options) =>
      around('put', name, async (fault) => {
        const torn = fault?.kind === 'torn' ? [Buffer.concat(content).subarray(0, fault.keptBytes)] : content;
        const outcome = await storage.putIfAbsent(name, torn, options);
        if (outcome === 'created') changes.put(name);
        return outcome;
      }),
    get: (name, options) =>
      around('get', name, async (fault) => damaged(await storage.get(name, options), fault)),
    stat: (name, options) => around('stat', name, () => storage.stat(name, options)),
    async *list(prefix, options) {
      const fault = faultOf('list', prefix);
      if (fault?.kind === 'before') throw failure(fault.code, 'list', prefix);
      if (fault?.kind === 'stale')
        yield* changes.before(fault.changes, storage.list(prefix, options), prefix);
      else yield* storage.list(prefix, options);
      if (fault?.kind === 'after-effect') throw failure('STORAGE_UNREACHABLE', 'list', prefix);
    },
    delete: (name, options) =>
      around('delete', name, async () => {
        const gone = await storage.stat(name, options);
        await storage.delete(name, options);
        if (gone !== undefined) changes.delete(gone);
      }),
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  };
}

function failure(code: HoldfastError['code'], action: StorageAction, name: string): HoldfastError {
  return new HoldfastError(code, `${action} ${name}: as planned`);
}

function damaged(bytes: Uint8Array, fault: Fault | undefined): Uint8Array {
  if (fault?.kind === 'short') return bytes.slice(0, fault.keptBytes);
  if (fault?.kind === 'flipped' && bytes.length > 0) {
    const bit = fault.bit % (bytes.length * 8);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
  }
  return bytes;
}

/** What was put and deleted through the wrapper, in order. */
class ChangeLog {
  readonly #changes: { readonly name: string; readonly deleted?: ObjectStat }[] = [];

  put(name: string): void {
    this.#changes.push({ name });
  }

  delete(deleted: ObjectStat): void {
    this.#changes.push({ name: deleted.name, deleted });
  }

  /** A list as it was some changes ago. */
  async *before(count: number, now: AsyncIterable<ObjectStat>, prefix: string): AsyncGenerator<ObjectStat> {
    const objects = new Map<string, ObjectStat>();
    for await (const object of now) objects.set(object.name, object);
    for (const { name, deleted } of this.#changes.slice(-count).reverse()) {
      if (!name.startsWith(prefix)) continue;
      if (deleted === undefined) objects.delete(name);
      else objects.set(name, deleted);
    }
    yield* [...objects.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
