import { readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, fileError } from '../base/index.ts';
import { readHostFile } from './host-file.ts';
import { isGoneOrHidden, readPids } from './process-list.ts';

interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/**
 * The pids that hold a file open, whatever name they know it by, in order. None when there is no such file.
 *
 * Two sources: what `/proc/PID/fd` leads to, which only root sees of every process, and the table of file locks, which
 * everybody sees; etcd always locks its database.
 * Errors: FILE_NOT_READABLE.
 */
export async function findHolders(procDir: string, path: string): Promise<number[]> {
  const file = await identityOf(path);
  if (file === undefined) return [];
  const holders = new Set(await lockHolders(procDir, file));
  for (const pid of await readPids(procDir)) {
    if (!holders.has(pid) && (await holdsOpen(join(procDir, String(pid), 'fd'), file))) holders.add(pid);
  }
  return [...holders].sort((a, b) => a - b);
}

async function identityOf(path: string): Promise<FileIdentity | undefined> {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    throw fileError(error, 'stat', path);
  }
}

async function holdsOpen(fdDir: string, file: FileIdentity): Promise<boolean> {
  for (const name of await listOpen(fdDir)) {
    if (await isOpenAs(join(fdDir, name), file)) return true;
  }
  return false;
}

async function listOpen(fdDir: string): Promise<string[]> {
  try {
    return await readdir(fdDir);
  } catch (error) {
    if (isGoneOrHidden(error)) return [];
    throw fileError(error, 'open', fdDir);
  }
}

async function isOpenAs(path: string, file: FileIdentity): Promise<boolean> {
  try {
    // Sockets, pipes and the like are no paths; asking what they are would be wasted.
    if (!(await readlink(path)).startsWith('/')) return false;
    const found = await stat(path, { bigint: true });
    return found.dev === file.dev && found.ino === file.ino;
  } catch (error) {
    if (isGoneOrHidden(error)) return false;
    throw fileError(error, 'stat', path);
  }
}

const maxLocksBytes = 16 << 20;

/** From `/proc/locks`: `1: FLOCK  ADVISORY  WRITE 708 00:13:12345 0 EOF`, after `->` for one that waits. See proc(5). */
async function lockHolders(procDir: string, file: FileIdentity): Promise<number[]> {
  const bytes = await readHostFile(join(procDir, 'locks'), maxLocksBytes);
  const lines = new TextDecoder().decode(bytes ?? new Uint8Array()).split('\n');
  const pattern = /^\d+:(?: ->)? +\S+ +\S+ +\S+ +(\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /;
  return lines.flatMap((line) => {
    const match = pattern.exec(line);
    if (match === null || deviceNumber(match[2]!, match[3]!) !== file.dev) return [];
    return BigInt(match[4]!) === file.ino && match[1] !== '0' ? [Number(match[1])] : [];
  });
}

/** A device number as stat gives it: `makedev` of glibc, of a major and a minor number in hex. */
function deviceNumber(majorHex: string, minorHex: string): bigint {
  const major = BigInt(`0x${majorHex}`);
  const minor = BigInt(`0x${minorHex}`);
  return (minor & 0xffn) | ((major & 0xfffn) << 8n) | ((minor & ~0xffn) << 12n) | ((major & ~0xfffn) << 32n);
}
