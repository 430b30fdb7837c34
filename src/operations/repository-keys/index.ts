/** The keys of a repository: listed, added, removed, changed, rotated, and kept on a sheet of paper. */
export { addKey, type AddKeyOptions } from './add-key.ts';
export {
  changePassphrase,
  type ChangePassphraseOptions,
  type ChangedPassphrase,
} from './change-passphrase.ts';
export { exportKeys, type ExportKeysOptions, type ExportedKeys } from './export-keys.ts';
export { importKeys, type ImportKeysOptions, type ImportedKeys } from './import-keys.ts';
export { type KeySummary, type ListedKeys, listKeys, type UnreadableKey } from './list-keys.ts';
export { type NewKey, withLock } from './new-key.ts';
export { removeKey, type RemoveKeyOptions } from './remove-key.ts';
export { renewKeys, type RenewKeysOptions, type RenewedKeys } from './renew-keys.ts';
