import assert from 'node:assert/strict';
import { hasCode } from '../../src/base/index.ts';
import type { EtcdClient } from '../../src/etcd/index.ts';
import { within } from '../support/waiting.ts';

/** A watch of somebody who has seen everything up to some revision: an informer of a Kubernetes controller. */
export interface OldWatch {
  /** The revision up to which etcd says that history is gone. Rejects when the watch goes on instead. */
  compactedAt(): Promise<bigint>;
}

/** Starts a watch of everything from a revision on, whether that has come or not. */
export async function startOldWatch(client: EtcdClient, startRevision: bigint): Promise<OldWatch> {
  const everything = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };
  const replies = client.watch({ ...everything, startRevision })[Symbol.asyncIterator]();
  const first = await within(30_000, 'a watch is created', replies.next());
  assert.ok(first.done !== true && first.value.created);
  return {
    async compactedAt() {
      try {
        const next = await within(60_000, 'an old watch is told of the compaction', replies.next());
        assert.fail(
          `an old watch goes on: ${next.done === true ? 'ended' : `${next.value.events.length} events`}`,
        );
      } catch (error) {
        if (!hasCode(error, 'REVISION_COMPACTED')) throw error;
        return BigInt(Number(error.details['compactRevision']));
      }
    },
  };
}
