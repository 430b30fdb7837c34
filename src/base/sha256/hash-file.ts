import { fileError, HoldfastError } from '../errors/index.ts';
import { formatHex } from '../bytes/index.ts';
import { type FileSource, openFileSource } from '../durable/index.ts';
import { throwIfInterrupted, yieldToEventLoop } from '../flow/index.ts';
import { type FileDigests, type FileToHash, hashFileSteps } from './hash-file-steps.ts';
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
  let digests: FileDigests & { readonly shortAt?: number };
  try {
    digests = await (onThread ? hashThere(job, options) : hashHere(job, options));
  } catch (error) {
    throw fileError(error, 'read', file.name);
  }
  if (digests.shortAt === undefined) return digests;
  throw new HoldfastError('FILE_NOT_READABLE', `read ${file.name}: the file became shorter meanwhile`, {
    hint: 'Something writes to the file: copy it first, or wait until it is complete.',
    details: { path: file.name, offset: digests.shortAt },
  });
}

async function hashHere(job: FileToHash, { signal, onProgress }: HashFileOptions): Promise<FileDigests> {
  const steps = hashFileSteps(job);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    onProgress?.(step.value);
    await yieldToEventLoop();
    throwIfInterrupted(signal);
  }
}

async function hashThere(job: FileToHash, { signal, onProgress }: HashFileOptions): Promise<FileDigests> {
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
