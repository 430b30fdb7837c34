import { hasCode, HoldfastError, isHoldfastError } from '../../base/index.ts';
import type { ObjectStat, Storage } from '../storage.ts';

/** Where a check may work: a store, and a prefix in it under which there is nothing else. */
export interface ContractPlace {
  readonly storage: Storage;
  /** Ends with a slash. */
  readonly prefix: string;
  /** Bytes that are not the same twice. */
  readonly bytes: (sizeBytes: number) => Uint8Array;
}

/** One promise of the interface. */
export interface ContractCheck {
  /** Kebab-case, stable. */
  readonly code: string;
  /** What is promised, as a sentence without its end. */
  readonly promise: string;
  /** Left out when the store says that it does not promise this. */
  readonly needs?: keyof Storage['capabilities'];
  /** Rejects with STORAGE_UNSUITABLE when the promise is broken. */
  readonly run: (place: ContractPlace) => Promise<void>;
}

/** Throws STORAGE_UNSUITABLE with the sentence unless the condition holds. */
export function expect(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new HoldfastError('STORAGE_UNSUITABLE', otherwise);
}

export function expectSame(found: Uint8Array, wanted: Uint8Array, what: string): void {
  expect(
    Buffer.compare(found, wanted) === 0,
    `${what}: ${found.length} bytes came back that are not the ${wanted.length} that were put`,
  );
}

export async function expectCode(
  work: Promise<unknown>,
  code: HoldfastError['code'],
  what: string,
): Promise<void> {
  let ending = 'it went through';
  try {
    await work;
  } catch (error) {
    if (hasCode(error, code)) return;
    ending = isHoldfastError(error) ? error.code : String(error);
  }
  throw new HoldfastError('STORAGE_UNSUITABLE', `${what}: expected ${code}, but ${ending}`);
}

export async function listAll(storage: Storage, prefix: string): Promise<ObjectStat[]> {
  const found: ObjectStat[] = [];
  for await (const object of storage.list(prefix)) found.push(object);
  return found;
}

export async function listNames(storage: Storage, prefix: string): Promise<string[]> {
  return (await listAll(storage, prefix)).map(({ name }) => name.slice(prefix.length));
}
