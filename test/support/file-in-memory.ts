import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TempDir } from './temp-dir.ts';

/** A temporary directory in memory where the machine has one: for tests that write thousands of files. */
export async function memoryDir(purpose: string): Promise<TempDir> {
  const path = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `holdfast-${purpose}-`));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Writes bytes into a file of a directory; returns its path. */
export async function fileOf(dir: TempDir, bytes: Uint8Array, name = 'file.db'): Promise<string> {
  const path = join(dir.path, name);
  await writeFile(path, bytes);
  return path;
}
