/** What opens a repository, and what each key allows. */
export {
  type ContentIds,
  contentIds,
  createRepositoryKeys,
  type KeyUse,
  keyUses,
  type PublicKeys,
  type RepositoryKeys,
  type RepositorySecrets,
  requireUse,
  type RowDigests,
  rowDigestBytes,
  rowDigests,
  secretsFor,
  secretsMatch,
  usesOf,
} from './repository-keys.ts';
export { generateX25519, x25519Agree, x25519Public, type X25519Pair } from './x25519.ts';
export { parseAgeIdentities, recipientsOf } from './age-cipher.ts';
export { createSlot, type CreateSlotOptions, type SlotLock } from './create-slot.ts';
export { formatKeyFile, generateFileKey, parseKeyFile } from './key-file.ts';
export { openSlot, type Unlock, type Unlocked, unlockRepository } from './open-slot.ts';
export {
  type ConfigInput,
  configName,
  decodeConfig,
  encodeConfig,
  generationName,
  type RepositoryConfig,
} from './repository-config.ts';
export { decodeSlot, encodeSlot, type Slot, slotDirectory, type SlotKind, slotKinds } from './slot.ts';
