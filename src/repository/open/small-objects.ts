import { hasCode, HoldfastError } from '../../base/index.ts';
import type { ObjectStat, Storage } from '../../storage/index.ts';
import { plainObjectLimitBytes } from '../encoding/index.ts';
import { damaged } from '../failures.ts';
import { decodeSlot, encodeSlot, type RepositoryKeys, type Slot, slotDirectory } from '../keys/index.ts';
import { openObject, type SealedObject, sealObject } from '../sealing/index.ts';

/** What is needed to seal and open small objects. */
export interface SealedStore {
  readonly storage: Storage;
  readonly keys: RepositoryKeys;
}

/** Seals a content and puts it under a name that is new. Errors: REPOSITORY_DAMAGED when the name is taken, those of `Storage`. */
export async function putSealed(
  { storage, keys }: SealedStore,
  object: SealedObject,
  content: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  const bytes = await sealObject(keys, object, content);
  if ((await storage.putIfAbsent(object.name, [bytes], { signal })) === 'exists')
    throw damaged(object.name, 'is there already');
}

/** Reads and opens an object. Errors: STORAGE_OBJECT_MISSING, REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN. */
export async function getSealed(
  { storage, keys }: SealedStore,
  object: SealedObject,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  return openObject(keys, object, await storage.get(object.name, { signal }));
}

/** A small object that was found. */
export interface NamedStatement<T> {
  /** Its whole name in the store. */
  readonly name: string;
  readonly stat: ObjectStat;
  /** What it says, or why it cannot be read: its being there may be enough. */
  readonly statement: T | HoldfastError;
}

/** All objects of one kind under a prefix, in order of their names. One that cannot be read does not hide the others. */
export async function listSealed<T>(
  store: SealedStore,
  kind: SealedObject['kind'],
  prefix: string,
  decode: (content: Uint8Array, name: string) => T,
  signal?: AbortSignal,
): Promise<NamedStatement<T>[]> {
  const found: NamedStatement<T>[] = [];
  for await (const stat of store.storage.list(prefix, { signal })) {
    try {
      const content = await getSealed(store, { kind, name: stat.name }, signal);
      found.push({ name: stat.name, stat, statement: decode(content, stat.name) });
    } catch (error) {
      // Deleted between the listing and the look: it is gone.
      if (hasCode(error, 'STORAGE_OBJECT_MISSING')) continue;
      if (!isUnreadable(error)) throw error;
      found.push({ name: stat.name, stat, statement: error });
    }
  }
  return found;
}

/** Whether an object is there, but cannot be used. */
export function isUnreadable(error: unknown): error is HoldfastError {
  return (
    hasCode(error, 'REPOSITORY_DAMAGED') ||
    hasCode(error, 'REPOSITORY_FORMAT_UNKNOWN') ||
    hasCode(error, 'STORAGE_OBJECT_TOO_LARGE')
  );
}

/** All slots that can be decoded. Needs no key. Those of a newer kind or damaged are left out: others may open. */
export async function readSlots(storage: Storage, signal?: AbortSignal): Promise<Slot[]> {
  const slots: Slot[] = [];
  for await (const { name } of storage.list(slotDirectory, { signal })) {
    try {
      slots.push(decodeSlot(await storage.get(name, { limitBytes: plainObjectLimitBytes, signal }), name));
    } catch (error) {
      if (!isUnreadable(error) && !hasCode(error, 'STORAGE_OBJECT_MISSING')) throw error;
    }
  }
  return slots;
}

/** Puts a slot under its name. */
export async function putSlot(storage: Storage, slot: Slot, signal?: AbortSignal): Promise<void> {
  const name = `${slotDirectory}${slot.slot}`;
  if ((await storage.putIfAbsent(name, [encodeSlot(slot)], { signal })) === 'exists')
    throw damaged(name, 'is there already');
}
