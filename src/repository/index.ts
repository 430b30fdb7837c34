/** Floor 3: backups at rest. `docs/formats/repository.md` is the format. */
export {
  createRepositoryKeys,
  createSlot,
  type CreateSlotOptions,
  formatKeyFile,
  generateFileKey,
  type KeyUse,
  keyUses,
  parseAgeIdentities,
  parseKeyFile,
  type RepositoryKeys,
  type Slot,
  type SlotKind,
  type SlotLock,
  type Unlock,
  type Unlocked,
  unlockRepository,
} from './keys/index.ts';
