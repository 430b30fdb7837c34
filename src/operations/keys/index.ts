/** Keys inside snapshots, data dirs and live etcds, whatever is stored there. */
export { type DiffKeysOptions, type DiffKeysSummary, diffKeys, type KeyDifference } from './diff-keys.ts';
export { type ExportedKey, type ExportKeysOptions, exportKeys, type ExportResult } from './export-keys.ts';
export { getKeys, type GetKeysOptions, type KeyAnswer } from './get-keys.ts';
export { type KeyHistory, keyHistory, type KeyHistoryOptions } from './key-history.ts';
export { type ListedKey, type KeyListing, listKeys, type ListKeysOptions } from './list-keys.ts';
export { type KeySelection, type KeysOptions } from './open-keys.ts';
