import { hasCode, type OperationContext } from '../../base/index.ts';
import {
  listSlots,
  recipientsOf,
  type Repository,
  removeSlot,
  rotateKeys,
  type SlotLock,
  type SlotStore,
  type Unlock,
} from '../../repository/index.ts';
import { type KeySummary, summaryOf } from './list-keys.ts';

export interface RenewKeysOptions {
  readonly repository: Repository;
  /** What it was opened with: the only key that is at hand, and so the only one that is renewed. */
  readonly unlock: Unlock;
}

export interface RenewedKeys {
  readonly generation: number;
  readonly key: KeySummary;
  /** Id of the key that it takes the place of; none for age, whose key may have other recipients as well. */
  readonly replaced?: string;
  /** Keys that read what was stored before, and not what is stored from now on. */
  readonly left: readonly KeySummary[];
}

/**
 * Makes new key pairs for what is stored from now on, and renews the key that the repository was opened with. Keys that
 * only write go on as before; others have to be added again.
 * Errors: REPOSITORY_KEY_INSUFFICIENT (a key that does not allow everything), REPOSITORY_EXISTS (somebody else rotated
 * meanwhile), those of the store.
 */
export async function renewKeys(
  { repository, unlock }: RenewKeysOptions,
  ctx: OperationContext,
): Promise<RenewedKeys> {
  const { signal } = ctx;
  const old = repository.slot;
  const lock = await lockOf(unlock);
  const { generation, slots, keys } = await rotateKeys(repository, {
    ...{ locks: [{ lock, label: old.label }], signal },
    createdAt: new Date(ctx.clock.now()).toISOString(),
  });
  const store = { storage: repository.storage, keys };
  const replaced = lock.kind === 'age' ? undefined : await removeIfThere(store, old.slot, signal);
  const left = (await listSlots(repository.storage, { signal })).flatMap(({ slot }) =>
    slot?.repositoryId === keys.repositoryId && slot.allows.length > 1 && slot.generation < generation
      ? [summaryOf(slot)]
      : [],
  );
  ctx.log.info('rotated the keys', { generation, key: slots[0]!.slot });
  return {
    ...{ generation, key: summaryOf(slots[0]!), left },
    ...(replaced !== undefined && { replaced }),
  };
}

/** What is done already is no failure: the rotation has happened. */
async function removeIfThere(store: SlotStore, id: string, signal: AbortSignal): Promise<string> {
  try {
    await removeSlot(store, id, { signal });
  } catch (error) {
    if (!hasCode(error, 'REPOSITORY_KEY_NOT_FOUND')) throw error;
  }
  return id;
}

/** What a slot is sealed with that opens with this. */
async function lockOf(unlock: Unlock): Promise<SlotLock> {
  if (unlock.kind !== 'age') return unlock;
  return { kind: 'age', recipients: await recipientsOf(unlock.identities) };
}
