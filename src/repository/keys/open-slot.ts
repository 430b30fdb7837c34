import { createHash } from 'node:crypto';
import { type JsonObject, objectField, textField } from '../encoding/index.ts';
import { hasCode, HoldfastError } from '../../base/index.ts';
import { damaged } from '../failures.ts';
import { openWithIdentities } from './age-cipher.ts';
import type { RepositoryConfig } from './repository-config.ts';
import { type RepositoryKeys, type RepositorySecrets, secretsMatch } from './repository-keys.ts';
import { type Slot, slotBinding, slotDirectory } from './slot.ts';
import { fileSlotKey, openWithKey, passphraseKey } from './slot-cipher.ts';
import { secretsFromJson } from './slot-secrets.ts';

/** What somebody opens a repository with. */
export type Unlock =
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  | { readonly kind: 'key-file'; readonly key: Uint8Array }
  | { readonly kind: 'age'; readonly identities: readonly string[] };

/** A repository's keys, and the slot that gave them. */
export interface Unlocked {
  readonly keys: RepositoryKeys;
  readonly slot: Slot;
}

const words: Readonly<Record<Unlock['kind'], string>> = {
  passphrase: 'this passphrase',
  'key-file': 'this key file',
  age: 'these age identities',
};

/**
 * Tries the slots of the fitting kind one after another, and checks what they give against the repository's config.
 * @param configs the config and the generations after it, in order
 * Errors: REPOSITORY_KEY_WRONG (no slot opens), REPOSITORY_KEY_INVALID, REPOSITORY_DAMAGED (the config or a slot is
 * not what its owner wrote).
 */
export async function unlockRepository(
  configs: readonly [RepositoryConfig, ...RepositoryConfig[]],
  slots: readonly Slot[],
  unlock: Unlock,
): Promise<Unlocked> {
  const { repositoryId } = configs[0];
  const publicKeys = configs.map((config) => config.publicKeys);
  // The same passphrase or identity may open several: of a generation that never came, one that allows less, or of an
  // earlier generation, which does not read what came later.
  const isUnborn = (slot: Slot) => Number(slot.generation > configs.length);
  const bestFirst = slots.toSorted(
    (a, b) => isUnborn(a) - isUnborn(b) || b.allows.length - a.allows.length || b.generation - a.generation,
  );
  let failure: HoldfastError | undefined;
  for (const slot of bestFirst) {
    if (slot.kind !== unlock.kind || slot.repositoryId !== repositoryId) continue;
    try {
      const opened = await openSlot(slot, unlock);
      if (opened === undefined) continue;
      for (const config of configs) config.verify(opened.control);
      const secrets = withoutUnborn(opened, publicKeys.length);
      if (!secretsMatch(secrets, publicKeys))
        throw damaged(`${slotDirectory}${slot.slot}`, 'holds keys that are not those of the repository');
      return { keys: { repositoryId, secrets, publicKeys }, slot };
    } catch (error) {
      // A rotation that was killed leaves such a slot, and anybody can put one there: another one may be the right one.
      if (!hasCode(error, 'REPOSITORY_DAMAGED')) throw error;
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  throw new HoldfastError(
    'REPOSITORY_KEY_WRONG',
    `no key of the repository opens with ${words[unlock.kind]}`,
    { details: { kind: unlock.kind, tried: slots.filter(({ kind }) => kind === unlock.kind).length } },
  );
}

/** The secrets of the generations that there are: a rotation puts its slots first, and may have been stopped then. */
function withoutUnborn(
  { control, content, bundle }: RepositorySecrets,
  generations: number,
): RepositorySecrets {
  return { control, content: content.slice(0, generations), bundle: bundle.slice(0, generations) };
}

/** The secrets of a slot, or undefined when it does not open with this. */
export async function openSlot(slot: Slot, unlock: Unlock): Promise<RepositorySecrets | undefined> {
  const what = `${slotDirectory}${slot.slot}`;
  const plain = await openSealed(slot, unlock, what);
  if (plain === undefined) return undefined;
  const object = parsePlain(plain, what);
  if (unlock.kind !== 'age') return secretsFromJson(object, what);
  const binding = createHash('sha256').update(slotBinding(slot)).digest('hex');
  if (textField(object, 'slot', what) !== binding)
    throw damaged(what, 'holds the secrets of another slot, or was changed');
  return secretsFromJson(objectField(object, 'secrets', what), what);
}

async function openSealed(slot: Slot, unlock: Unlock, what: string): Promise<Uint8Array | undefined> {
  switch (unlock.kind) {
    case 'age':
      return openWithIdentities(unlock.identities, slot.sealed);
    case 'passphrase': {
      const key = await passphraseKey(slot.fields, unlock.passphrase, what);
      return openWithKey(key, slot.sealed, slotBinding(slot));
    }
    case 'key-file':
      return openWithKey(fileSlotKey(slot.fields, unlock.key, what), slot.sealed, slotBinding(slot));
  }
}

function parsePlain(plain: Uint8Array, what: string): JsonObject {
  try {
    return JSON.parse(new TextDecoder().decode(plain)) as JsonObject;
  } catch (error) {
    throw damaged(what, 'holds no secrets', error);
  }
}
