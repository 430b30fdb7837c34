import type { Keyspace } from '../../../formats/mvcc/index.ts';

/** Live keys, without the empty one: a restore with a bumped revision leaves a row that decodes as that. */
export function countUserKeys(keyspace: Keyspace): number {
  return keyspace.countLiveKeys(keyspace.currentRevision, { from: Uint8Array.of(0) });
}
