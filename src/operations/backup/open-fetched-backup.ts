import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPrivateDirectory, type OperationContext } from '../../base/index.ts';
import type { BackupRecord, Repository } from '../../repository/index.ts';
import { chooseBackup } from './choose-backup.ts';
import { fetchBackup } from './fetch-backup.ts';

export interface OpenFetchedBackupOptions {
  readonly repository: Repository;
  /** As `chooseBackup` takes it. */
  readonly id: string;
  /** Where the file lies meanwhile; default the system's directory for temporary files. */
  readonly workDir?: string;
  /** The very file that was backed up, where the backup has what that needs; it may have no digest. */
  readonly exact?: 'if-possible';
}

/** A backup as a file for as long as it is needed: disposing removes it. */
export interface FetchedBackup extends AsyncDisposable {
  readonly record: BackupRecord;
  /** A snapshot, readable by its owner only; it is named after the backup. */
  readonly path: string;
}

/**
 * Fetches a backup into a directory of its own. What runs that were killed have left there is removed first.
 * Errors: those of `chooseBackup` and `fetchBackup`, FILE_NOT_FOUND (no such directory).
 */
export async function openFetchedBackup(
  { repository, id, workDir = tmpdir(), ...how }: OpenFetchedBackupOptions,
  ctx: OperationContext,
): Promise<FetchedBackup> {
  const record = await chooseBackup(repository, id, ctx);
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await openPrivateDirectory(workDir, 'holdfast-backup-', 'run', ctx));
  const path = join(directory.path, `${record.id}.db`);
  await fetchBackup({ repository, id: record.id, path, ...how }, ctx);
  const opened = stack.move();
  return { record, path, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
