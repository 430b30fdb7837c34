import { rmSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { beginUnfinished, fileError, removeAbandoned } from '../../base/index.ts';

/** A directory beside the target for what is needed on the way. It is made with the first file. */
export interface WorkFiles extends AsyncDisposable {
  /** A name that nothing has yet. */
  newPath(): Promise<string>;
}

/** Removes what killed runs left for this target. Errors: WRITE_FAILED, FILE_NOT_FOUND (no such directory). */
export async function openWorkFiles(target: string): Promise<WorkFiles> {
  const prefix = `${basename(target)}.import.`;
  await removeAbandoned(dirname(target), prefix);
  let path = '';
  const unfinished = beginUnfinished(() => {
    if (made) rmSync(path, { recursive: true, force: true });
  });
  path = join(dirname(target), `${prefix}${unfinished.tag}`);
  let made = false;
  let count = 0;
  return {
    async newPath() {
      if (!made) {
        try {
          await mkdir(path, { mode: 0o700 });
        } catch (error) {
          throw fileError(error, 'create', path);
        }
        made = true;
      }
      return join(path, String(++count));
    },
    async [Symbol.asyncDispose]() {
      if (made) await rm(path, { recursive: true, force: true });
      unfinished[Symbol.dispose]();
    },
  };
}
