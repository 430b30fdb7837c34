import { createHash } from 'node:crypto';
import { type JsonObject } from '../encoding/index.ts';
import { HoldfastError } from '../../base/index.ts';
import { sealToRecipients } from './age-cipher.ts';
import {
  type KeyUse,
  keyUses,
  type RepositoryKeys,
  type RepositorySecrets,
  secretsFor,
} from './repository-keys.ts';
import { generateSlotId, type Slot, slotBinding } from './slot.ts';
import {
  createHkdf,
  createScrypt,
  defaultScryptN,
  fileSlotKey,
  passphraseKey,
  sealWithKey,
} from './slot-cipher.ts';
import { encodeSecrets, secretsToJson } from './slot-secrets.ts';

/** What a slot is to be opened with. */
export type SlotLock =
  | {
      readonly kind: 'passphrase';
      readonly passphrase: string /** scrypt's N; default 2¹⁷. */;
      readonly scryptN?: number;
    }
  | { readonly kind: 'key-file'; readonly key: Uint8Array }
  | { readonly kind: 'age'; readonly recipients: readonly string[] };

export interface CreateSlotOptions {
  readonly keys: RepositoryKeys;
  readonly lock: SlotLock;
  readonly label: string;
  /** What the holder may do; `write` is always among it. Default all that `keys` allow. */
  readonly allows?: readonly KeyUse[];
  /** ISO 8601. */
  readonly createdAt: string;
}

/** Makes a slot that holds the secrets for these uses. Errors: REPOSITORY_KEY_INSUFFICIENT, REPOSITORY_KEY_INVALID. */
export async function createSlot(options: CreateSlotOptions): Promise<Slot> {
  const { keys, lock, label, createdAt } = options;
  const wanted = options.allows;
  const held = keyUses.filter((use) => use === 'write' || wanted?.includes(use) === true);
  const secrets = wanted === undefined ? keys.secrets : secretsFor(keys.secrets, held);
  const allows = keyUses.filter(
    (use) => use === 'write' || secrets[use === 'read' ? 'content' : 'bundle'].length > 0,
  );
  const slot = generateSlotId();
  const generation = newestHeld(secrets, keys.publicKeys.length);
  const { kind } = lock;
  const { repositoryId } = keys;
  const fields: JsonObject = {
    ...{ formatVersion: 1, repositoryId, slot, label, createdAt, kind, allows: [...allows], generation },
    ...lockFields(lock),
  };
  const sealed = await seal(lock, fields, secretsToJson(secrets), `keys/${slot}`);
  return { slot, repositoryId, label, createdAt, kind, allows, generation, fields, sealed };
}

/** The newest generation that these secrets open; a key that reads nothing has all that it needs in any. */
function newestHeld({ content, bundle }: RepositorySecrets, generations: number): number {
  const held = [content, bundle].filter((keys) => keys.length > 0).map((keys) => keys.length);
  return Math.min(generations, ...held);
}

function lockFields(lock: SlotLock): JsonObject {
  switch (lock.kind) {
    case 'passphrase':
      return { kdf: createScrypt(lock.scryptN ?? defaultScryptN) };
    case 'key-file':
      return { kdf: createHkdf() };
    case 'age':
      return { recipients: [...lock.recipients] };
  }
}

async function seal(
  lock: SlotLock,
  fields: JsonObject,
  secrets: JsonObject,
  what: string,
): Promise<Uint8Array> {
  const binding = slotBinding({ fields });
  if (lock.kind === 'age') {
    const slot = createHash('sha256').update(binding).digest('hex');
    return sealToRecipients(lock.recipients, encodeSecrets({ slot, secrets }));
  }
  if (lock.kind === 'key-file' && lock.key.length !== 32)
    throw new HoldfastError('REPOSITORY_KEY_INVALID', 'the key of a key file has 32 bytes');
  const key =
    lock.kind === 'passphrase'
      ? await passphraseKey(fields, lock.passphrase, what)
      : fileSlotKey(fields, lock.key, what);
  return sealWithKey(key, encodeSecrets(secrets), binding);
}
