import { fileError, HoldfastError } from '../errors/index.ts';
import { formatHex } from '../bytes/index.ts';
import { type FileSource, openFileSource } from '../durable/index.ts';
import { throwIfInterrupted } from '../flow/index.ts';
import { type FileDigests, type FileToHash, type HashedFile, hashFileSteps } from './hash-file-steps.ts';
import { isWorthAThread, startSha256Thread } from './sha256-thread.ts';

export interface HashFileOptions extends Pick<FileToHash, 'contentBytes' | 'rest'> {
  readonly signal: AbortSignal;
  readonly onProgress?: (doneBytes: number) => void;
  /** In place of what follows from the size. */
  readonly onThread?: boolean;
}

/**
 * SHA-256 of an open file's first bytes, and of them with what is behind them; of a large file on a thread of its own.
 * Errors: FILE_NOT_READABLE (it became shorter meanwhile, too), INTERRUPTED.
 */
export async function hashFile(file: FileSource, options: HashFileOptions): Promise<FileDigests> {
  const { contentBytes, rest, signal, onThread = isWorthAThread(contentBytes) } = options;
  const job = { fd: file.fd, contentBytes, rest };
  throwIfInterrupted(signal);
  let hashed: HashedFile;
  try {
    hashed = await (onThread ? hashThere(job, options) : hashHere(job, options));
  } catch (error) {
    throw fileError(error, 'read', file.name);
  }
  if (hashed.shortAt === undefined) return hashed;
  throw new HoldfastError('FILE_NOT_READABLE', `read ${file.name}: the file became shorter meanwhile`, {
    hint: 'Something writes to the file: copy it first, or wait until it is complete.',
    details: { path: file.name, offset: hashed.shortAt },
  });
}

async function hashHere(job: FileToHash, { signal, onProgress }: HashFileOptions): Promise<HashedFile> {
  const steps = hashFileSteps(job);
  try {
    for (;;) {
      const step = await steps.next();
      throwIfInterrupted(signal);
      if (step.done === true) return step.value;
      onProgress?.(step.value);
    }
  } finally {
    await steps.return(undefined as never);
  }
}

async function hashThere(job: FileToHash, { signal, onProgress }: HashFileOptions): Promise<HashedFile> {
  const thread = startSha256Thread({ kind: 'file', ...job }, onProgress);
  const end = () => void thread.end();
  signal.addEventListener('abort', end, { once: true });
  try {
    const digests = await thread.result;
    throwIfInterrupted(signal);
    return digests;
  } catch (error) {
    throwIfInterrupted(signal);
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
    await thread.end();
  }
}

/** SHA-256 of a whole file in hex. Errors: FILE_NOT_FOUND, NOT_A_REGULAR_FILE, FILE_NOT_READABLE, INTERRUPTED. */
export async function sha256OfFile(path: string, signal: AbortSignal): Promise<string> {
  using file = openFileSource(path);
  const { content } = await hashFile(file, { contentBytes: file.sizeBytes, rest: undefined, signal });
  return formatHex(content);
}
