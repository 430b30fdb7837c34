import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileError, type Finding } from '../../../base/index.ts';
import type { LocalHost } from '../../../hosts/index.ts';
import { receivedSnapshotPath } from '../../recovery-state/index.ts';
import type { HostPlan, RecoveryPlan } from '../plan/index.ts';

/** The log that etcd allocates at once, and some pages. Source: server/storage/wal/wal.go (3.6.14). */
const walBytes = 64_000_000;

interface Need {
  /** Host path of what the room is for. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly isCopy?: boolean;
}

/**
 * Room for what is written beside the old data: the restored database, the log of the etcd that starts on it, and the
 * copy of the snapshot that a host keeps meanwhile when it comes from another machine or out of a repository. What was
 * fetched before this check has taken its room already.
 *
 * @param isSent from another machine
 * Errors: FILE_NOT_READABLE.
 */
export async function checkRoom(
  machine: LocalHost,
  { snapshot }: RecoveryPlan,
  { dataDir, walDir }: HostPlan,
  isSent: boolean,
): Promise<Finding[]> {
  const copy = receivedSnapshotPath(snapshot.sha256);
  const isCopied = (isSent || snapshot.backup !== undefined) && (await machine.stat(copy)) === undefined;
  const needs: readonly Need[] = [
    { path: dataDir, sizeBytes: Math.ceil(snapshot.sizeBytes * 1.05) },
    { path: walDir ?? dataDir, sizeBytes: walBytes },
    ...(isCopied ? [{ path: dirname(copy), sizeBytes: snapshot.sizeBytes, isCopy: true }] : []),
  ];
  const findings: Finding[] = [];
  for (const together of await needsByDisk(machine, needs)) {
    const [{ path }] = together;
    const sizeBytes = together.reduce((sum, need) => sum + need.sizeBytes, 0);
    const freeBytes = await freeBytesAt(await machine.realPath(await nearestThere(machine, path)));
    if (freeBytes >= sizeBytes) continue;
    const withCopy = together.some(({ isCopy }) => isCopy) ? ', with a copy of the snapshot' : '';
    findings.push({
      severity: 'fail',
      code: 'no-space',
      message: `${freeBytes} bytes are free at ${path}, ${sizeBytes} are needed${withCopy}`,
    });
  }
  return findings;
}

type Together = readonly [Need, ...Need[]];

/** Those on one file system together. */
async function needsByDisk(machine: LocalHost, needs: readonly Need[]): Promise<readonly Together[]> {
  const byDisk = new Map<bigint | undefined, [Need, ...Need[]]>();
  for (const need of needs) {
    const disk = (await machine.stat(await nearestThere(machine, need.path)))?.dev;
    const together = byDisk.get(disk);
    if (together === undefined) byDisk.set(disk, [need]);
    else together.push(need);
  }
  return [...byDisk.values()];
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
