import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** The first etcd on a search path, as a shell would find it. */
export async function findEtcd(searchPath: string | undefined): Promise<string | undefined> {
  for (const directory of (searchPath ?? '').split(delimiter)) {
    const path = join(directory, 'etcd');
    if (directory !== '' && (await isProgram(path))) return path;
  }
  return undefined;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    // Whatever the reason, a shell would not find it either.
    return false;
  }
}
