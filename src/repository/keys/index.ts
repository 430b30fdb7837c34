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
