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
import { listSlots } from './list-slots.ts';

/** An open repository, as far as its keys go. */
export interface SlotStore {
  readonly storage: Storage;
  readonly keys: RepositoryKeys;
}

export type AddSlotOptions = Omit<CreateSlotOptions, 'keys'> & RequestOptions;

/**
 * Makes a slot and puts it into the store; it is read back before this resolves.
 * Errors: REPOSITORY_KEY_INSUFFICIENT, REPOSITORY_KEY_INVALID, REPOSITORY_DAMAGED, the store's.
 */
export async function addSlot({ storage, keys }: SlotStore, options: AddSlotOptions): Promise<Slot> {
  const slot = await createSlot({ ...options, keys });
  const name = `${slotDirectory}${slot.slot}`;
  const bytes = encodeSlot(slot);
  await storage.putIfAbsent(name, [bytes], options);
  const found = await storage.get(name, { signal: options.signal, limitBytes: plainObjectLimitBytes });
  if (!equalBytes(found, bytes)) throw damaged(name, 'is not what was put there a moment ago');
  return slot;
}

/**
 * Removes a slot. Whoever knew its passphrase or had its key may have kept what it held: only a rotation keeps new
 * backups from them.
 *
 * @param slotId 16 hex digits, or the beginning of them that no other slot has
 * Errors: REPOSITORY_KEY_NOT_FOUND, REPOSITORY_KEY_LAST, the store's.
 */
export async function removeSlot(
  { storage, keys }: SlotStore,
  slotId: string,
  options: RequestOptions = {},
): Promise<string> {
  const listed = await listSlots(storage, options);
  const name = findSlot(
    listed.map((slot) => slot.name),
    slotId,
  );
  const generation = keys.publicKeys.length;
  const readers = listed.filter(
    ({ slot }) =>
      slot?.repositoryId === keys.repositoryId &&
      slot.allows.includes('read') &&
      slot.generation >= generation,
  );
  if (readers.every((slot) => slot.name === name) && readers.length > 0)
    throw new HoldfastError('REPOSITORY_KEY_LAST', `${name} is the last key that reads this repository`, {
      details: { slot: name.slice(slotDirectory.length) },
    });
  await storage.delete(name, options);
  return name.slice(slotDirectory.length);
}

function findSlot(names: readonly string[], slotId: string): string {
  const found = names.filter((name) => slotId !== '' && name.startsWith(`${slotDirectory}${slotId}`));
  if (found.length === 1) return found[0]!;
  const message = found.length === 0 ? 'there is no key' : `${found.length} keys begin with`;
  throw new HoldfastError('REPOSITORY_KEY_NOT_FOUND', `${message} ${slotId}`, { details: { slot: slotId } });
}
