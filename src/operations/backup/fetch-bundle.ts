import type { OperationContext } from '../../base/index.ts';
import type { BackupRecord, Repository } from '../../repository/index.ts';
import { writeBundle, type WrittenBundle } from '../bundle/index.ts';
import { chooseBackup } from './choose-backup.ts';

export interface FetchBundleOptions {
  readonly repository: Repository;
  /** As `chooseBackup` takes it. */
  readonly id: string;
  /** A directory that is not there yet, or is empty. */
  readonly directory: string;
}

export interface FetchedBundle extends WrittenBundle {
  readonly record: BackupRecord;
}

/**
 * Fetches the files of the control-plane node that a backup took along, as a tree.
 * Errors: those of `chooseBackup` and `writeBundle`.
 */
export async function fetchBundle(
  { repository, id, directory }: FetchBundleOptions,
  ctx: OperationContext,
): Promise<FetchedBundle> {
  const record = await chooseBackup(repository, id, ctx);
  return { ...(await writeBundle({ repository, record, directory }, ctx)), record };
}
