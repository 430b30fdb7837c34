import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../../base/index.ts';
import type { StorageCapabilities } from '../storage.ts';

/** Where files are put together. No object can have such a name. */
export const unfinishedDirectory = '.unfinished';

/** `f_type` of statfs(2): file systems on which hosts keep directory entries in memory for a while. */
const networkTypes = new Set([
  0x6969, // NFS
  0xff534d42, // CIFS
  0xfe534d42, // SMB2
  0x517b, // SMB
  0x65735546, // FUSE: sshfs, s3fs, GlusterFS and whatever else
  0x01021997, // 9P
  0x5346414f, // AFS
  0x00c36400, // Ceph
  0x6b414653, // kAFS
]);

/** Finds out what the file system below a directory can do, by doing it. */
export async function probeFilesystem(root: string): Promise<StorageCapabilities> {
  const { type } = await statfs(root);
  return {
    atomicPutIfAbsent: await hasHardLinks(root),
    consistentList: !networkTypes.has(type >>> 0),
    objectLock: false,
  };
}

async function hasHardLinks(root: string): Promise<boolean> {
  const directory = join(root, unfinishedDirectory);
  const path = join(directory, `probe-${randomBytes(12).toString('hex')}`);
  const other = `${path}-link`;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await (await open(path, 'wx', 0o600)).close();
    await link(path, other);
    // A second link under a name that is taken has to fail: that is what is needed.
    return await failsWith('EEXIST', link(path, other));
  } catch {
    // Read-only, or without links: either way nothing can be promised.
    return false;
  } finally {
    await rm(other, { force: true }).catch(() => undefined);
    await rm(path, { force: true }).catch(() => undefined);
  }
}

async function failsWith(errno: string, work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return false;
  } catch (error) {
    return errnoOf(error) === errno;
  }
}

const staleMs = 7 * 24 * 3600_000;

/**
 * Removes what killed writers left, once it is a week older than something just written there: the file system's clock,
 * since whoever wrote may live on another host.
 */
export async function removeStaleFiles(root: string): Promise<void> {
  const directory = join(root, unfinishedDirectory);
  try {
    const names = await readdir(directory);
    if (names.length === 0) return;
    const nowMs = await clockOf(directory);
    for (const name of names) {
      const path = join(directory, name);
      const stats = await stat(path);
      if (nowMs - stats.mtimeMs > staleMs) await rm(path, { force: true });
    }
  } catch {
    // Read-only, not there, or removed by another at this moment: tidying can wait for the next time.
  }
}

async function clockOf(directory: string): Promise<number> {
  const path = join(directory, `probe-${randomBytes(12).toString('hex')}`);
  try {
    await using file = await open(path, 'wx', 0o600);
    await file.write('.');
    return (await file.stat()).mtimeMs;
  } finally {
    await rm(path, { force: true });
  }
}
