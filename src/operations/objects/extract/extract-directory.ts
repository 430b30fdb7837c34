import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, HoldfastError } from '../../../base/index.ts';
import type { ExtractedObject } from './extract-objects.ts';
import { extractedFileName } from './file-name.ts';

/**
 * Makes a directory for objects, readable by its owner only, or takes one that is empty; returns what writes into it.
 * Errors: DIR_NOT_EMPTY, and those of the file system; the writer never replaces a file.
 */
export async function openExtractDirectory(
  directory: string,
): Promise<(document: ExtractedObject) => Promise<void>> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if ((await readdir(directory)).length > 0) {
      throw new HoldfastError('DIR_NOT_EMPTY', `${directory} holds something`, {
        hint: 'Choose a new directory, so that nothing else is applied with what is extracted.',
      });
    }
  } catch (error) {
    throw fileError(error, 'make', directory);
  }
  return async (document) => {
    const path = join(directory, extractedFileName(document));
    try {
      await writeFile(path, document.yaml, { flag: 'wx', mode: 0o600 });
    } catch (error) {
      throw fileError(error, 'write', path);
    }
  };
}
