import type { OperationContext } from '../../base/index.ts';
import {
  type BackupRecord,
  type BundleFile as BundledFile,
  readBundleList,
  type Repository,
} from '../../repository/index.ts';
import { writeBundle, type WrittenBundle } from '../bundle/index.ts';
import { chooseBackup } from './choose-backup.ts';

export type { BundledFile };

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

/**
 * The files that went with a backup, without their contents; undefined when there are none, or when this key does not
 * allow to read them. Errors: REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN, those of the store.
 */
export async function listBundle(
  { repository, record }: { readonly repository: Repository; readonly record: BackupRecord },
  ctx: OperationContext,
): Promise<readonly BundledFile[] | undefined> {
  if (!repository.uses.includes('bundle')) return undefined;
  return (await readBundleList(repository, record, ctx.signal))?.files;
}
