import { HoldfastError, type OperationContext } from '../../base/index.ts';
import { removeSlot, type Repository } from '../../repository/index.ts';
import { addOpenableSlot } from './add-key.ts';
import { type KeySummary, summaryOf } from './list-keys.ts';

export interface ChangePassphraseOptions {
  /** Opened with the passphrase that is to be replaced. */
  readonly repository: Repository;
  readonly passphrase: string;
}

export interface ChangedPassphrase {
  readonly key: KeySummary;
  /** Id of the key that is gone. */
  readonly replaced: string;
}

/**
 * Puts a key with another passphrase in the place of the one that the repository was opened with: adds it, opens it,
 * then removes the old one. Killed in between, both open.
 * Errors: REPOSITORY_KEY_INSUFFICIENT (opened with something else than a passphrase), REPOSITORY_KEY_INVALID, those of
 * the store.
 */
export async function changePassphrase(
  { repository, passphrase }: ChangePassphraseOptions,
  ctx: OperationContext,
): Promise<ChangedPassphrase> {
  const { kind, slot: replaced, label, allows } = repository.slot;
  if (kind !== 'passphrase')
    throw new HoldfastError('REPOSITORY_KEY_INSUFFICIENT', 'the repository was not opened with a passphrase');
  const lock = { kind: 'passphrase', passphrase } as const;
  const slot = await addOpenableSlot(repository, { lock, label, allows }, ctx);
  await removeSlot(repository, replaced, { signal: ctx.signal });
  ctx.log.info('changed a passphrase', { key: slot.slot, replaced });
  return { key: summaryOf(slot), replaced };
}
