import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileError } from '../../../base/index.ts';
import { type GardenerName, parseGardenerName } from '../../../formats/delta-snapshot/index.ts';

/** A full snapshot and the deltas that follow it, in order. */
export interface SnapshotChain {
  readonly full: string;
  readonly deltas: readonly string[];
  /** Files of earlier chains. */
  readonly others: readonly string[];
}

interface NamedFile {
  readonly path: string;
  readonly name: GardenerName;
}

/**
 * The newest chain in a store of etcd-backup-restore: `v2/Full-…`, or `v1/Backup-<unix>/Full-…` as it was before 0.12.
 * Undefined where there is none. Which full is the newest is decided as there: by last revision, then by time.
 * Source: etcd-backup-restore pkg/snapstore/local_snapstore.go, pkg/miscellaneous/miscellaneous.go (0.44).
 */
export function newestChain(directory: string): SnapshotChain | undefined {
  const files = namedFiles(directory, 3).sort(inOrder);
  const newest = files.findLastIndex(({ name }) => name.kind === 'full');
  if (newest === -1) return undefined;
  const deltas = files.slice(newest + 1).map(({ path }) => path);
  const others = files.slice(0, newest).map(({ path }) => path);
  return { full: files[newest]!.path, deltas, others };
}

function inOrder(a: NamedFile, b: NamedFile): number {
  if (a.name.lastRevision !== b.name.lastRevision) return a.name.lastRevision < b.name.lastRevision ? -1 : 1;
  return Number(a.name.createdSeconds - b.name.createdSeconds);
}

function namedFiles(directory: string, depth: number): NamedFile[] {
  return entriesOf(directory).flatMap((entry) => {
    const path = join(directory, entry.name);
    const isFolder = /^(v1|v2|Backup-\d+)$/.test(entry.name) || depth === 3;
    if (entry.isDirectory()) return depth > 0 && isFolder ? namedFiles(path, depth - 1) : [];
    const name = parseGardenerName(basename(path));
    return name === undefined || !entry.isFile() ? [] : [{ path, name }];
  });
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    throw fileError(error, 'read', directory);
  }
}
