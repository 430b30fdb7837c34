import { HoldfastError, type OperationContext } from '../../base/index.ts';
import {
  addSlot,
  type KeyUse,
  openSlot,
  removeSlot,
  type Repository,
  type Slot,
  type SlotLock,
} from '../../repository/index.ts';
import { type KeySummary, summaryOf } from './list-keys.ts';
import { type NewKey, unlockOf, withLock } from './new-key.ts';

export interface AddKeyOptions {
  readonly repository: Repository;
  readonly newKey: NewKey;
  /** For people; whoever can read the store can read it. */
  readonly label: string;
  /** Default: all that the key at hand allows. `write` is always among it. */
  readonly allows?: readonly KeyUse[];
}

/**
 * Adds a key to an open repository. What was put into the store has been opened again with it when this resolves, but
 * for age recipients.
 * Errors: REPOSITORY_KEY_INSUFFICIENT (the key at hand allows less), REPOSITORY_KEY_INVALID, FILE_EXISTS and the others
 * of a new key file, those of the store.
 */
export async function addKey(options: AddKeyOptions, ctx: OperationContext): Promise<KeySummary> {
  const { repository, newKey, label, allows } = options;
  const slot = await withLock(newKey, (lock) => addOpenableSlot(repository, { lock, label, allows }, ctx));
  ctx.log.info('added a key', { key: slot.slot, kind: slot.kind });
  return summaryOf(slot);
}

interface SlotWanted {
  readonly lock: SlotLock;
  readonly label: string;
  readonly allows?: readonly KeyUse[] | undefined;
}

/** Adds a slot and opens it; one that does not open goes again. Errors: REPOSITORY_DAMAGED, those of `addSlot`. */
export async function addOpenableSlot(
  repository: Repository,
  { lock, label, allows }: SlotWanted,
  ctx: OperationContext,
): Promise<Slot> {
  const slot = await addSlot(repository, {
    ...{ lock, label, createdAt: new Date(ctx.clock.now()).toISOString(), signal: ctx.signal },
    ...(allows !== undefined && { allows }),
  });
  const unlock = unlockOf(lock);
  if (unlock === undefined || (await openSlot(slot, unlock)) !== undefined) return slot;
  await removeSlot(repository, slot.slot);
  throw new HoldfastError('REPOSITORY_DAMAGED', `the new key ${slot.slot} does not open with what it is for`);
}
