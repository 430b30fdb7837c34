import { HoldfastError, type OperationContext } from '../../base/index.ts';
import {
  type BackupRecord,
  listBackups,
  listPins,
  type Pin,
  type Repository,
  type VerificationResult,
} from '../../repository/index.ts';
import { readResults } from './backup-results.ts';
import { chooseBackup } from './choose-backup.ts';

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
  const said = await readStatements(repository, undefined, ctx);
  return { backups: backups.map((record) => ({ record, ...said(record.id) })), unreadable };
}

/** One of them. Errors: those of `chooseBackup`. */
export async function showBackup(
  { repository, id }: { readonly repository: Repository; readonly id: string },
  ctx: OperationContext,
): Promise<BackupSummary> {
  const record = await chooseBackup(repository, id, ctx);
  const said = await readStatements(repository, record.id, ctx);
  return { record, ...said(record.id) };
}

async function readStatements(repository: Repository, id: string | undefined, ctx: OperationContext) {
  const pins = new Map<string, Pin>();
  // One that cannot be read counts.
  for (const { name, stat, statement } of await listPins(repository, ctx.signal))
    pins.set(
      name.split('/')[1]!,
      statement instanceof HoldfastError
        ? { at: new Date(stat.modifiedMs).toISOString(), reason: 'the pin cannot be read' }
        : statement,
    );
  const results = await readResults(repository, id, ctx);
  return (of: string) => ({ pin: pins.get(of), results: results.get(of) ?? [] });
}
