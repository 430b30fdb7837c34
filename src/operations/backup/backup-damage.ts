import { hasCode, HoldfastError } from '../../base/index.ts';
import { listBackupIds, type Repository } from '../../repository/index.ts';

const codes = ['REPOSITORY_DAMAGED', 'STORAGE_OBJECT_MISSING', 'STORAGE_OBJECT_TOO_LARGE'] as const;

/** Whether an error speaks against the backup that was fetched, and not against this host or the way to the store. */
export function isBackupDamage(error: unknown): error is HoldfastError {
  return codes.some((code) => hasCode(error, code));
}

/**
 * To be asked when a backup seems damaged: one that was forgotten meanwhile has nothing left that would have to be sound.
 * Errors: BACKUP_NOT_FOUND.
 */
export async function requireNotForgotten(
  repository: Repository,
  id: string,
  { signal, cause }: { readonly signal: AbortSignal; readonly cause?: unknown },
): Promise<void> {
  if ((await listBackupIds(repository, signal)).includes(id)) return;
  const details = { id };
  throw new HoldfastError('BACKUP_NOT_FOUND', `backup ${id} was forgotten meanwhile`, { details, cause });
}
