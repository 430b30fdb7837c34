import { readFile } from 'node:fs/promises';
import { fileError } from '../../base/index.ts';

/** A small file of text. Errors: FILE_NOT_FOUND, FILE_NOT_READABLE. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw fileError(error, 'read', path);
  }
}
