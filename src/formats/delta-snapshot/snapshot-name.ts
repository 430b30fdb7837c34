/**
 * Names of Gardener's etcd-backup-restore: `Full-<first>-<last>-<unix>[suffix][.final]`, `Incr-…`; revisions padded to
 * eight digits. Source: etcd-backup-restore pkg/snapstore/snapshot.go, pkg/compressor/types.go (0.44).
 */
export interface GardenerName {
  readonly kind: 'full' | 'delta';
  readonly firstRevision: bigint;
  /** A full snapshot may hold more than its name says: it is taken before the name is final. */
  readonly lastRevision: bigint;
  /** Unix time in seconds. */
  readonly createdSeconds: bigint;
  /** The cluster was about to be shut down. */
  readonly isFinal: boolean;
}

const pattern = /^(Full|Incr)-(\d{8,19})-(\d{8,19})-(\d{1,18})((?:\.[A-Za-z0-9]+)*)$/;

/** Undefined for any other name. */
export function parseGardenerName(name: string): GardenerName | undefined {
  const match = pattern.exec(name);
  if (match === null) return undefined;
  const [, kind, first, last, created, suffix] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const [firstRevision, lastRevision] = [BigInt(first), BigInt(last)];
  if (firstRevision > lastRevision) return undefined;
  return {
    kind: kind === 'Full' ? 'full' : 'delta',
    firstRevision,
    lastRevision,
    createdSeconds: BigInt(created),
    isFinal: suffix.endsWith('.final'),
  };
}
