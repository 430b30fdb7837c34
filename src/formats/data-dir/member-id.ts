/**
 * How etcd derives the ids of a cluster and its first members from URLs and a token.
 *
 * Source: etcd server/etcdserver/api/membership/{member,cluster}.go (3.5.30).
 */
import { createHash } from 'node:crypto';
import { readUint64BigEndian, uint64BigEndian } from '../../base/index.ts';

/** First 8 bytes, big-endian, of SHA-1 over the sorted URLs joined without separator, then the token. */
export function memberIdOf(peerUrls: readonly string[], clusterToken: string): bigint {
  return firstUint64(
    createHash('sha1')
      .update([...peerUrls].sort().join(''))
      .update(clusterToken),
  );
}

/** First 8 bytes, big-endian, of SHA-1 over all member ids in ascending order, 8 bytes big-endian each. */
export function clusterIdOf(memberIds: readonly bigint[]): bigint {
  const hash = createHash('sha1');
  for (const id of [...memberIds].sort(compareIds)) hash.update(uint64BigEndian(id));
  return firstUint64(hash);
}

/** Numeric order of ids. */
export function compareIds(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function firstUint64(hash: ReturnType<typeof createHash>): bigint {
  return readUint64BigEndian(new Uint8Array(hash.digest()));
}
