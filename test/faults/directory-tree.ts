import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Every name below a directory with its mode, and a file's size and SHA-256: equal trees are equal data. */
export async function readTree(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory, { recursive: true })).sort();
  const entries = await Promise.all(
    names.map(async (name) => [name, await describe(join(directory, name))] as const),
  );
  return Object.fromEntries(entries);
}

async function describe(path: string): Promise<string> {
  const stats = await lstat(path);
  const mode = (stats.mode & 0o777).toString(8);
  if (!stats.isFile()) return `${stats.isDirectory() ? 'directory' : 'other'} ${mode}`;
  return `file ${mode} ${stats.size} ${await sha256Of(path)}`;
}

/** A new WAL segment holds a few hundred bytes, and zeros whose number is in its size. */
const hashedWalBytes = 1 << 20;

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  const hashedBytes = path.endsWith('.wal') ? hashedWalBytes : Number.POSITIVE_INFINITY;
  for await (const chunk of createReadStream(path, { end: hashedBytes - 1, highWaterMark: 1 << 20 })) {
    hash.update(chunk as Uint8Array);
  }
  return hash.digest('hex');
}
