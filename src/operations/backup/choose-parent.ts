import { HoldfastError } from '../../base/index.ts';
import type { BackupCluster, BackupRecord } from '../../repository/index.ts';

/** The newest backup of the same cluster. */
export function findParent(
  backups: readonly BackupRecord[],
  cluster: Pick<BackupCluster, 'identity' | 'members'>,
): BackupRecord | undefined {
  return backups.findLast((backup) => isSameCluster(backup.cluster, cluster));
}

/**
 * The newest backup of the same cluster; undefined where there is none yet and one may be the first.
 * Errors: BACKUP_FOREIGN (all are of other clusters, and `newCluster` does not allow one more).
 */
export function requireRelative(
  backups: readonly BackupRecord[],
  cluster: Pick<BackupCluster, 'identity' | 'members'>,
  newCluster = false,
): BackupRecord | undefined {
  const relative = findParent(backups, cluster);
  const newest = backups.at(-1);
  if (relative !== undefined || newest === undefined || newCluster) return relative;
  const { identity } = cluster;
  const known = newest.cluster.identity;
  throw new HoldfastError(
    'BACKUP_FOREIGN',
    `this is the cluster ${identity}, the repository has backups of ${known}`,
    { details: { identity, known } },
  );
}

/** By what a cluster keeps for life; where one of them does not tell it, by a member that both have or had. */
function isSameCluster(
  a: Pick<BackupCluster, 'identity' | 'members'>,
  b: Pick<BackupCluster, 'identity' | 'members'>,
): boolean {
  if (a.identity === b.identity) return true;
  const isKnown = ({ identity }: Pick<BackupCluster, 'identity'>) => identity.startsWith('kubernetes:');
  if (isKnown(a) && isKnown(b)) return false;
  return a.members.some((member) => b.members.includes(member));
}

/** Ids of backups that none of the parent's line has seen: whoever hides one of them is found out. */
export function newlySeen(backups: readonly BackupRecord[], parent: BackupRecord | undefined): string[] {
  const byId = new Map(backups.map((backup) => [backup.id, backup]));
  const known = new Set<string>();
  const line = new Set<string>();
  for (let at = parent; at !== undefined && !line.has(at.id); at = byId.get(at.parent ?? '')) {
    line.add(at.id);
    for (const id of at.seen) known.add(id);
  }
  return backups.map(({ id }) => id).filter((id) => !known.has(id));
}
