import { HoldfastError, type OperationContext } from '../../base/index.ts';
import {
  type BackupRecord,
  findBackup,
  listBackups,
  listPins,
  listResults,
  type Pin,
  type Repository,
  type VerificationResult,
} from '../../repository/index.ts';

/** A backup with what is said about it. */
export interface BackupSummary {
  readonly record: BackupRecord;
  readonly pin: Pin | undefined;
  /** Newest last. */
  readonly results: readonly VerificationResult[];
}

export interface ListedBackups {
  /** Oldest first. */
  readonly backups: readonly BackupSummary[];
  /** Records that are there and cannot be read. */
  readonly unreadable: readonly { readonly id: string; readonly error: HoldfastError }[];
}

/** All backups of a repository. */
export async function listStoredBackups(
  { repository }: { readonly repository: Repository },
  ctx: OperationContext,
): Promise<ListedBackups> {
  const { backups, unreadable } = await listBackups(repository, ctx.signal);
  const said = await readStatements(repository, undefined, ctx.signal);
  return { backups: backups.map((record) => ({ record, ...said(record.id) })), unreadable };
}

/** One of them. Errors: BACKUP_NOT_FOUND, REPOSITORY_DAMAGED. */
export async function showBackup(
  { repository, id }: { readonly repository: Repository; readonly id: string },
  ctx: OperationContext,
): Promise<BackupSummary> {
  const record = await findBackup(repository, id, ctx.signal);
  const said = await readStatements(repository, record.id, ctx.signal);
  return { record, ...said(record.id) };
}

async function readStatements(repository: Repository, id: string | undefined, signal: AbortSignal) {
  const pins = new Map<string, Pin>();
  // One that cannot be read counts.
  for (const { name, stat, statement } of await listPins(repository, signal))
    pins.set(
      name.split('/')[1]!,
      statement instanceof HoldfastError
        ? { at: new Date(stat.modifiedMs).toISOString(), reason: 'the pin cannot be read' }
        : statement,
    );
  const results = new Map<string, VerificationResult[]>();
  for (const { name, statement } of await listResults(repository, id, signal)) {
    if (statement instanceof HoldfastError) continue;
    const of = name.split('/')[1]!;
    results.set(of, [...(results.get(of) ?? []), statement]);
  }
  return (of: string) => ({ pin: pins.get(of), results: results.get(of) ?? [] });
}
