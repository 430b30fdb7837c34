/** `snapshot restore`: a data dir out of a snapshot. */
export { restoreDefaults, type RestoreOptions, type RestoreResult } from './restore-options.ts';
export { compactDatabase } from './edit-database.ts';
export { removeLeftovers as removeRestoreLeftovers } from './leftovers.ts';
export { restoreSnapshot } from './restore-snapshot.ts';
