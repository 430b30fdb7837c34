import { rm } from 'node:fs/promises';
import { createDurableFile, hasCode, HoldfastError, utf8 } from '../../base/index.ts';
import { formatKeyFile, generateFileKey, type SlotLock, type Unlock } from '../../repository/index.ts';

/** What a new key opens with. A key file is made; the others exist. */
export type NewKey =
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  | { readonly kind: 'age'; readonly recipients: readonly string[] }
  /** The file, of mode 0600, must not be there. */
  | { readonly kind: 'key-file'; readonly path: string };

/**
 * Calls `work` with the lock for a new key. A key file is there, flushed, before anything opens with it; when the work
 * fails it is removed again.
 * Errors: FILE_EXISTS, FILE_NOT_FOUND (no such directory), DISK_FULL, WRITE_FAILED, those of the work.
 */
export async function withLock<T>(newKey: NewKey, work: (lock: SlotLock) => Promise<T>): Promise<T> {
  if (newKey.kind !== 'key-file') return work(newKey);
  const { path } = newKey;
  const key = generateFileKey();
  await writePrivateFile(path, formatKeyFile(key));
  try {
    return await work({ kind: 'key-file', key });
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** Writes a new file that only its owner can read. Errors: FILE_EXISTS, FILE_NOT_FOUND, DISK_FULL, WRITE_FAILED. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  try {
    await using file = await createDurableFile(path, { temporaryPath: `${path}.part` });
    await file.write([utf8(text)]);
    await file.commit();
  } catch (error) {
    throw hasCode(error, 'FILE_EXISTS') ? neverReplaced(path, error) : error;
  }
}

function neverReplaced(path: string, cause: unknown): HoldfastError {
  return new HoldfastError('FILE_EXISTS', `${path} exists already`, {
    hint: 'Choose another name: a file with keys is never replaced.',
    details: { path },
    cause,
  });
}

/** What opens a slot with this lock; undefined for recipients, whose identities are elsewhere. */
export function unlockOf(lock: SlotLock): Unlock | undefined {
  switch (lock.kind) {
    case 'passphrase':
      return { kind: 'passphrase', passphrase: lock.passphrase };
    case 'key-file':
      return lock;
    case 'age':
      return undefined;
  }
}
