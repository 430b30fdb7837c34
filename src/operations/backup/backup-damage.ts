import { hasCode, type HoldfastError } from '../../base/index.ts';

const codes = ['REPOSITORY_DAMAGED', 'STORAGE_OBJECT_MISSING', 'STORAGE_OBJECT_TOO_LARGE'] as const;

/** Whether an error speaks against the backup that was fetched, and not against this host or the way to the store. */
export function isBackupDamage(error: unknown): error is HoldfastError {
  return codes.some((code) => hasCode(error, code));
}
