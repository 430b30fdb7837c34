import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPrivateDirectory, type OperationContext } from '../../base/index.ts';
import { importBackup, type ImportOptions, type ImportResult } from '../import/index.ts';
import { createBackup, type CreateBackupOptions, type CreateBackupResult } from './create-backup.ts';

export interface ImportIntoRepositoryOptions
  extends Pick<CreateBackupOptions, 'repository' | 'program' | 'newCluster' | 'skipUnchanged'>,
    Pick<ImportOptions, 'paths' | 'format' | 'secrets' | 'maxUnpackedBytes'> {
  /** Where the snapshot lies meanwhile; default the system's directory for temporary files. */
  readonly workDir?: string;
}

export interface ImportIntoRepositoryResult extends CreateBackupResult {
  /** What was recognised; its `out` is gone. */
  readonly imported: ImportResult;
}

/**
 * Makes a backup in the repository out of a backup of another tool (see `importBackup`): a snapshot that has passed
 * every check is made of it first, and goes as soon as it is stored.
 *
 * Errors: those of `importBackup` and `createBackup`.
 */
export async function importIntoRepository(
  {
    repository,
    program,
    newCluster,
    skipUnchanged,
    workDir = tmpdir(),
    ...what
  }: ImportIntoRepositoryOptions,
  ctx: OperationContext,
): Promise<ImportIntoRepositoryResult> {
  const startedMs = ctx.clock.monotonicMs();
  await using directory = await openPrivateDirectory(workDir, 'holdfast-backup-', 'run', ctx);
  const path = join(directory.path, 'snapshot.db');
  const imported = await importBackup({ ...what, out: path }, ctx);
  const created = await createBackup(
    {
      ...{ repository, program, source: { kind: 'file', path } },
      ...(newCluster !== undefined && { newCluster }),
      ...(skipUnchanged !== undefined && { skipUnchanged }),
    },
    ctx,
  );
  return { ...created, imported, tookMs: ctx.clock.monotonicMs() - startedMs };
}
