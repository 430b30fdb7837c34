import { equalBytes, HoldfastError } from '../../base/index.ts';
import type { RequestOptions, Storage } from '../../storage/index.ts';
import { plainObjectLimitBytes } from '../encoding/index.ts';
import { damaged } from '../failures.ts';
import {
  createSlot,
  type CreateSlotOptions,
  encodeSlot,
  type RepositoryKeys,
  type Slot,
  slotDirectory,
} from '../keys/index.ts';
import { type ListedSlot, listSlots } from './list-slots.ts';

/** An open repository, as far as its keys go. */
export interface SlotStore {
  readonly storage: Storage;
  readonly keys: RepositoryKeys;
}

export type AddSlotOptions = Omit<CreateSlotOptions, 'keys'> & RequestOptions;

/**
 * Makes a slot and puts it into the store; it is read back before this resolves. When this rejects there is none, as
 * far as the store can still be reached.
 * Errors: REPOSITORY_KEY_INSUFFICIENT, REPOSITORY_KEY_INVALID, REPOSITORY_DAMAGED, the store's.
 */
export async function addSlot({ storage, keys }: SlotStore, options: AddSlotOptions): Promise<Slot> {
  const slot = await createSlot({ ...options, keys });
  const name = `${slotDirectory}${slot.slot}`;
  const bytes = encodeSlot(slot);
  try {
    if ((await storage.putIfAbsent(name, [bytes], options)) === 'exists')
      throw damaged(name, 'is there already');
    const found = await storage.get(name, { signal: options.signal, limitBytes: plainObjectLimitBytes });
    if (!equalBytes(found, bytes)) throw damaged(name, 'is not what was put there a moment ago');
  } catch (error) {
    // A put that failed may have happened; nobody would know of this slot. Without the signal, which may be the reason.
    await storage.delete(name).catch(() => undefined);
    throw error;
  }
  return slot;
}

/**
 * Removes a slot. Whoever knew its passphrase or had its key may have kept what it held: only a rotation keeps new
 * backups from them.
 *
 * @param slotId 16 hex digits, or the beginning of them that no other slot has
 * @returns the id of the slot
 * Errors: REPOSITORY_KEY_NOT_FOUND, REPOSITORY_KEY_LAST, the store's.
 */
export async function removeSlot(
  { storage, keys }: SlotStore,
  slotId: string,
  options: RequestOptions = {},
): Promise<string> {
  const listed = await listSlots(storage, options);
  const { name, bytes } = findSlot(listed, slotId);
  const readers = readersOf(listed, keys);
  if (readers.length > 0 && readers.every((reader) => reader === name)) throw lastReader(name);
  await storage.delete(name, options);
  // Of two who remove the last two at the same time, at least one looks after both have done it.
  if (readers.includes(name) && readersOf(await listSlots(storage), keys).length === 0) {
    await storage.putIfAbsent(name, [bytes]);
    throw lastReader(name);
  }
  return name.slice(slotDirectory.length);
}

/** Names of the slots that say that they read what is stored now. */
function readersOf(listed: readonly ListedSlot[], keys: RepositoryKeys): readonly string[] {
  const generation = keys.publicKeys.length;
  return listed
    .filter(
      ({ slot }) =>
        slot?.repositoryId === keys.repositoryId &&
        slot.allows.includes('read') &&
        slot.generation >= generation,
    )
    .map(({ name }) => name);
}

function lastReader(name: string): HoldfastError {
  const slot = name.slice(slotDirectory.length);
  return new HoldfastError('REPOSITORY_KEY_LAST', `key ${slot} is the last one that reads this repository`, {
    details: { slot },
  });
}

/** The only slot whose id begins like this. Errors: REPOSITORY_KEY_NOT_FOUND. */
export function findSlot(slots: readonly ListedSlot[], slotId: string): ListedSlot {
  const found = slots.filter(({ name }) => slotId !== '' && name.startsWith(`${slotDirectory}${slotId}`));
  if (found.length === 1) return found[0]!;
  const message = found.length === 0 ? 'there is no key' : `${found.length} keys begin with`;
  throw new HoldfastError('REPOSITORY_KEY_NOT_FOUND', `${message} ${slotId}`, { details: { slot: slotId } });
}
