/** What a directory tree is, exactly: to tell whether anything has been touched. */
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

export interface TreeListingOptions {
  /** Paths below the top that are left out with everything in them. */
  readonly without?: readonly string[];
  /** Paths below the top where only names, inodes and owners count: programs write there all the time. */
  readonly written?: readonly string[];
}

/** A line for each path: kind, mode, owner, inode, size and time of the last change, the target of a link. */
export async function listTree(top: string, options: TreeListingOptions = {}): Promise<string[]> {
  const lines: string[] = [];
  await addTo(lines, top, '', options);
  return lines;
}

async function addTo(lines: string[], top: string, path: string, options: TreeListingOptions): Promise<void> {
  const { without = [], written = [] } = options;
  if (without.includes(path)) return;
  const full = join(top, path);
  const stats = await lstat(full);
  const { mode, uid, gid, ino, mtimeMs } = stats;
  const isWritten = written.some((one) => path === one || path.startsWith(`${one}/`));
  const content = isWritten ? '' : ` size=${stats.isDirectory() ? '-' : stats.size} mtime=${mtimeMs}`;
  const target = stats.isSymbolicLink() ? ` -> ${await readlink(full)}` : '';
  lines.push(`${path || '.'} mode=${mode.toString(8)} owner=${uid}:${gid} ino=${ino}${content}${target}`);
  if (!stats.isDirectory()) return;
  for (const name of (await readdir(full)).sort()) {
    await addTo(lines, top, path === '' ? name : `${path}/${name}`, options);
  }
}
