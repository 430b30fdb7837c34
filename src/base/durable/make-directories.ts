import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileError } from '../errors/index.ts';
import { syncDirectory } from './durable-file.ts';

/**
 * Makes what is missing of a directory and its parents, for their owner only, each flushed into the one above it: what
 * is put there survives a power cut only with the way to it. Errors: WRITE_FAILED, DISK_FULL.
 */
export async function makeDirectories(path: string): Promise<void> {
  let first: string | undefined;
  try {
    first = await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fileError(error, 'create', path);
  }
  if (first === undefined) return;
  const top = dirname(first);
  for (let made = path; made !== top; made = dirname(made)) await syncDirectory(dirname(made));
}
