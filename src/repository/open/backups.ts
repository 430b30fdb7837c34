import { hasCode, HoldfastError } from '../../base/index.ts';
import { damaged } from '../failures.ts';
import {
  type BackupRecord,
  compareStamps,
  decodeRecord,
  encodeRecord,
  isStamp,
  recordDirectory,
  recordName,
} from '../records/index.ts';
import { getSealed, isUnreadable, putSealed, type SealedStore } from './small-objects.ts';

/** The backups of a repository: what has a record and no tombstone. */
export interface BackupList {
  /** Oldest first. */
  readonly backups: readonly BackupRecord[];
  /** Records that are there and cannot be used: id and why. */
  readonly unreadable: readonly { readonly id: string; readonly error: HoldfastError }[];
}

/** Ids of all backups, oldest first, without a look at their records. */
export async function listBackupIds({ storage }: SealedStore, signal?: AbortSignal): Promise<string[]> {
  const ids: string[] = [];
  for await (const { name } of storage.list(recordDirectory, { signal })) {
    const id = name.slice(recordDirectory.length);
    // Objects of other names are not ours.
    if (isStamp(id)) ids.push(id);
  }
  // After the records: what is forgotten in between has its tombstone first.
  const forgotten = new Set<string>();
  for await (const { name } of storage.list('forgotten/', { signal }))
    forgotten.add(name.slice('forgotten/'.length));
  return ids.filter((id) => !forgotten.has(id)).sort(compareStamps);
}

/** Reads all records. One that cannot be used does not hide the others. */
export async function listBackups(store: SealedStore, signal?: AbortSignal): Promise<BackupList> {
  const backups: BackupRecord[] = [];
  const unreadable: { id: string; error: HoldfastError }[] = [];
  for (const id of await listBackupIds(store, signal)) {
    try {
      backups.push(await readRecord(store, id, signal));
    } catch (error) {
      if (hasCode(error, 'BACKUP_NOT_FOUND')) continue;
      if (!isUnreadable(error)) throw error;
      unreadable.push({ id, error });
    }
  }
  return { backups, unreadable };
}

/** Errors: BACKUP_NOT_FOUND, REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN. */
export async function readRecord(
  store: SealedStore,
  id: string,
  signal?: AbortSignal,
): Promise<BackupRecord> {
  try {
    return decodeRecord(await getSealed(store, { kind: 'record', name: recordName(id) }, signal), id);
  } catch (error) {
    if (!hasCode(error, 'STORAGE_OBJECT_MISSING')) throw error;
    throw notFound(`there is no backup ${id}`, error);
  }
}

/** Puts the record, which makes the backup one, and reads it back. */
export async function putRecord(
  store: SealedStore,
  record: BackupRecord,
  signal?: AbortSignal,
): Promise<BackupRecord> {
  const content = encodeRecord(record);
  await putSealed(store, { kind: 'record', name: recordName(record.id) }, content, signal);
  const back = await readRecord(store, record.id, signal);
  if (!Buffer.from(encodeRecord(back)).equals(content))
    throw damaged(recordName(record.id), 'reads back as something else');
  return back;
}

/** Deletes a record; its tombstone has to be there. */
export function deleteRecord({ storage }: SealedStore, id: string, signal?: AbortSignal): Promise<void> {
  return storage.delete(recordName(id), { signal });
}

function notFound(message: string, cause?: unknown): HoldfastError {
  return new HoldfastError('BACKUP_NOT_FOUND', message, { cause });
}
