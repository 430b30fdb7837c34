import type { ServedVersion } from './served-version.ts';

/**
 * In what the releases differ that a file can be served as.
 *
 * Source: etcd server/auth/store.go (3.5.16, 3.6.16), server/etcdserver/txn/txn.go (3.6.16),
 * server/etcdserver/txn/{range,put}.go (3.7.3).
 */
export interface ReleaseWays {
  /** Since 3.6 the role `root` is told to have all permissions, which it has in every release. */
  readonly rootHasAllPermissions: boolean;
  /** Before 3.7 a key has its lease in a range of keys only, too. Since then it has none, unless values sort them. */
  readonly keysOnlyTellLeases: boolean;
  /** Whether a put of a transaction is refused for its lease first, and then for the missing key that it relies on. */
  readonly looksForLeaseFirst: boolean;
}

export const ways36: ReleaseWays = {
  rootHasAllPermissions: true,
  keysOnlyTellLeases: true,
  looksForLeaseFirst: false,
};
const ways35: ReleaseWays = { ...ways36, rootHasAllPermissions: false };
const ways37: ReleaseWays = { ...ways36, keysOnlyTellLeases: false, looksForLeaseFirst: true };

/** Releases to come are taken to be like the newest. */
export function waysOf({ server }: ServedVersion): ReleaseWays {
  const [major = 0, minor = 0] = server.split('.').map(Number);
  if (major > 3 || minor >= 7) return ways37;
  return minor === 6 ? ways36 : ways35;
}
