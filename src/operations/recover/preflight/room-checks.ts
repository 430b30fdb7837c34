import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileError, type Finding } from '../../../base/index.ts';
import type { LocalHost } from '../../../hosts/index.ts';
import type { HostPlan, RecoveryPlan } from '../plan/index.ts';

/** The log that etcd allocates at once, and some pages. Source: server/storage/wal/wal.go (3.6.14). */
const walBytes = 64_000_000;

interface Need {
  /** Host path of what the room is for. */
  readonly path: string;
  readonly sizeBytes: number;
}

/**
 * Room for what is written beside the old data: the restored database, and the log of the etcd that starts on it.
 * Errors: FILE_NOT_READABLE.
 */
export async function checkRoom(
  machine: LocalHost,
  { snapshot }: RecoveryPlan,
  host: HostPlan,
): Promise<Finding[]> {
  const databaseBytes = Math.ceil(snapshot.sizeBytes * 1.05);
  const findings: Finding[] = [];
  for (const { path, sizeBytes } of await needsByDisk(machine, host, databaseBytes)) {
    const freeBytes = await freeBytesAt(await machine.realPath(await nearestThere(machine, path)));
    if (freeBytes >= sizeBytes) continue;
    findings.push({
      severity: 'fail',
      code: 'no-space',
      message: `${freeBytes} bytes are free at ${path}, ${sizeBytes} are needed`,
    });
  }
  return findings;
}

/** Data and log together when they are on one file system. */
async function needsByDisk(
  machine: LocalHost,
  { dataDir, walDir }: HostPlan,
  databaseBytes: number,
): Promise<readonly Need[]> {
  const together = [{ path: dataDir, sizeBytes: databaseBytes + walBytes }];
  if (walDir === undefined) return together;
  const [disk, walDisk] = [await diskOf(machine, dataDir), await diskOf(machine, walDir)];
  if (disk === walDisk) return together;
  return [
    { path: dataDir, sizeBytes: databaseBytes },
    { path: walDir, sizeBytes: walBytes },
  ];
}

async function diskOf(machine: LocalHost, path: string): Promise<bigint | undefined> {
  return (await machine.stat(await nearestThere(machine, path)))?.dev;
}

/** The path itself, or the nearest directory above it that exists. */
async function nearestThere(machine: LocalHost, path: string): Promise<string> {
  if (path === '/' || (await machine.stat(path)) !== undefined) return path;
  return await nearestThere(machine, dirname(path));
}

async function freeBytesAt(realPath: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(realPath);
    return bavail * bsize;
  } catch (error) {
    throw fileError(error, 'stat', realPath);
  }
}
