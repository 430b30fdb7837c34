/** Floor 3: backups at rest. `docs/formats/repository.md` is the format. */
export {
  createRepositoryKeys,
  type KeyUse,
  keyUses,
  type RepositoryKeys,
} from './keys/index.ts';
