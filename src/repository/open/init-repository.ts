import { HoldfastError, type OperationContext } from '../../base/index.ts';
import type { Storage } from '../../storage/index.ts';
import {
  configName,
  createRepositoryKeys,
  createSlot,
  decodeConfig,
  encodeConfig,
  type Slot,
  slotDirectory,
  type SlotLock,
} from '../keys/index.ts';
import { Repository } from './repository.ts';
import { putSlot, readSlots } from './small-objects.ts';

export interface InitRepositoryOptions {
  /** What the first slot opens with; it allows everything. */
  readonly lock: SlotLock;
  /** For people; default `first`. */
  readonly label?: string;
}

/**
 * Makes a repository in a store: the slot, then `config`, which makes it one. Killed in between, there is none.
 * Errors: REPOSITORY_EXISTS, REPOSITORY_KEY_INVALID, those of `Storage`.
 */
export async function initRepository(
  storage: Storage,
  { lock, label = 'first' }: InitRepositoryOptions,
  ctx: OperationContext,
): Promise<Repository> {
  const { signal } = ctx;
  if ((await storage.stat(configName, { signal })) !== undefined) throw exists(storage);
  const createdAt = new Date(ctx.clock.now()).toISOString();
  const keys = createRepositoryKeys();
  const slot = await createSlot({ keys, lock, label, createdAt });
  await putSlot(storage, slot, signal);
  const { repositoryId, secrets, publicKeys } = keys;
  const config = encodeConfig(secrets.control, {
    ...{ repositoryId, createdAt },
    generation: 1,
    publicKeys: publicKeys[0]!,
  });
  if ((await storage.putIfAbsent(configName, [config], { signal })) === 'exists') {
    // Somebody else was faster; his slots are others.
    await storage.delete(`${slotDirectory}${slot.slot}`, { signal });
    throw exists(storage);
  }
  await deleteLeftovers(storage, slot, signal);
  return new Repository({ storage, keys, slot, configs: [decodeConfig(config)] });
}

/** Slots of an init that was killed before its config: nobody can use them, now that the config is ours. */
async function deleteLeftovers(storage: Storage, ours: Slot, signal: AbortSignal): Promise<void> {
  for (const { slot, repositoryId } of await readSlots(storage, signal))
    if (repositoryId !== ours.repositoryId) await storage.delete(`${slotDirectory}${slot}`, { signal });
}

function exists(storage: Storage): HoldfastError {
  return new HoldfastError('REPOSITORY_EXISTS', `${storage.location} holds a repository already`, {
    details: { location: storage.location },
  });
}
