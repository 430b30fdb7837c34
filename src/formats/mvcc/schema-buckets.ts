/**
 * Names of the buckets and of their fixed keys, the same in etcd 3.4, 3.5, 3.6 and 3.7.
 *
 * Source: etcd server/storage/schema/bucket.go (3.6.14, 3.7.1); server/mvcc/buckets/bucket.go (3.5.30).
 */

/** Every root bucket that etcd 3.4 to 3.7 keeps, in byte order. */
export const bucketNames = [
  'alarm',
  'auth',
  'authRoles',
  'authUsers',
  'cluster',
  'key',
  'lease',
  'members',
  'members_removed',
  'meta',
] as const;

export type BucketName = (typeof bucketNames)[number];

/** Keys of bucket `meta`. */
export const metaKeys = {
  consistentIndex: 'consistent_index',
  /** Since 3.5. */
  term: 'term',
  /** Since 3.5. */
  confState: 'confState',
  /** Since 3.6. */
  storageVersion: 'storageVersion',
  scheduledCompactRevision: 'scheduledCompactRev',
  finishedCompactRevision: 'finishedCompactRev',
} as const;

/** Keys of bucket `auth`. */
export const authKeys = { enabled: 'authEnabled', revision: 'authRevision' } as const;

/** Keys of bucket `cluster`. */
export const clusterKeys = {
  clusterVersion: 'clusterVersion',
  /** Since 3.5. */
  downgrade: 'downgrade',
} as const;
