import { HoldfastError, type OperationContext } from '../../base/index.ts';
import { findSlot, listSlots, removeSlot, type Repository, slotDirectory } from '../../repository/index.ts';

export interface RemoveKeyOptions {
  readonly repository: Repository;
  /** The id of the key, or its beginning. */
  readonly id: string;
}

/**
 * Removes a key; never the one that the repository was opened with, so that one that opens is left for certain.
 * @returns its id
 * Errors: REPOSITORY_KEY_NOT_FOUND, REPOSITORY_KEY_IN_USE, REPOSITORY_KEY_LAST, those of the store.
 */
export async function removeKey(
  { repository, id }: RemoveKeyOptions,
  { signal, log }: OperationContext,
): Promise<string> {
  const { name } = findSlot(await listSlots(repository.storage, { signal }), id);
  const found = name.slice(slotDirectory.length);
  if (found === repository.slot.slot)
    throw new HoldfastError('REPOSITORY_KEY_IN_USE', `the repository was opened with key ${found}`, {
      details: { slot: found },
    });
  await removeSlot(repository, found, { signal });
  log.info('removed a key', { key: found });
  return found;
}
