import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, HoldfastError } from '../../../base/index.ts';
import { databasePath, snapDirectory, walDirectory } from '../../../formats/data-dir/index.ts';
import type { DrillReport } from '../drill-report.ts';

/** The file or directory that is drilled. */
export interface DrillSubject {
  readonly path: string;
  readonly kind: DrillReport['kind'];
  /** The database: the file itself, or the one in the data dir. */
  readonly databasePath: string;
  /** Of a data dir. */
  readonly snapDir: string;
  readonly walDir: string;
  readonly sizeBytes: number;
  /** Size and time of change of every file, by path. */
  readonly stamps: ReadonlyMap<string, string>;
}

const digestBytes = 32;

/** Looks at what the path names. Errors: FILE_NOT_FOUND, NOT_A_REGULAR_FILE, FILE_NOT_READABLE. */
export async function inspectSubject(path: string, walDir: string | undefined): Promise<DrillSubject> {
  const found = await statOf(path);
  const directories = { snapDir: snapDirectory(path), walDir: walDir ?? walDirectory(path) };
  if (found.isDirectory()) {
    const stamps = await stampsOf(directories);
    const sizeBytes = await sizeOf(databasePath(path));
    return { path, kind: 'data-dir', databasePath: databasePath(path), sizeBytes, stamps, ...directories };
  }
  if (!found.isFile())
    throw new HoldfastError('NOT_A_REGULAR_FILE', `${path} is neither a file nor a directory`, {
      details: { path },
    });
  // The rule of etcdutl: databases are whole sectors, so 32 bytes more are a digest.
  const kind = found.size % 512 === digestBytes ? 'snapshot' : 'database';
  const stamps = new Map([[path, stampOf(found)]]);
  return { path, kind, databasePath: path, sizeBytes: found.size, stamps, ...directories };
}

/** The names of files that are not as they were. */
export async function whatChanged({ path, kind, stamps, ...directories }: DrillSubject): Promise<string[]> {
  const now =
    kind === 'data-dir' ? await stampsOf(directories) : new Map([[path, stampOf(await statOf(path))]]);
  const names = new Set([...stamps.keys(), ...now.keys()]);
  return [...names].filter((name) => stamps.get(name) !== now.get(name));
}

async function stampsOf({
  snapDir,
  walDir,
}: Pick<DrillSubject, 'snapDir' | 'walDir'>): Promise<Map<string, string>> {
  const stamps = new Map<string, string>();
  for (const directory of [snapDir, walDir]) {
    for (const name of await namesIn(directory)) {
      const found = await statOf(join(directory, name));
      if (found.isFile()) stamps.set(join(directory, name), stampOf(found));
    }
  }
  return stamps;
}

function stampOf({ size, mtimeMs }: { readonly size: number; readonly mtimeMs: number }): string {
  return `${size} ${mtimeMs}`;
}

/** What is not there is found by those who read it, and told better. */
async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    const typed = fileError(error, 'read', directory);
    if (typed instanceof HoldfastError && typed.code === 'FILE_NOT_FOUND') return [];
    throw typed;
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    const typed = fileError(error, 'read', path);
    if (typed instanceof HoldfastError && typed.code === 'FILE_NOT_FOUND') return 0;
    throw typed;
  }
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    throw fileError(error, 'open', path);
  }
}
