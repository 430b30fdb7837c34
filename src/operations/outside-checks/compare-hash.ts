import { hasCode, type OperationContext, waitUntil } from '../../base/index.ts';
import type { EtcdClient, HashKVResponse } from '../../etcd/index.ts';
import type { Expectation } from './expectation.ts';

export interface CompareHashOptions {
  /** Whom is asked, for messages: `etcd on cp1`. */
  readonly who: string;
  readonly timeoutMs: number;
}

/** What differs, if anything does. */
type ComparedHash = { readonly differs: string } | 'moved-on' | undefined;

/**
 * Compares a member's HashKV at the expected revision. A server that is just compacting answers with a compact revision
 * in between; it is asked again.
 *
 * Returns what differs; `undefined` when it is the same; `moved-on` when the member gives no hash of that revision any
 * more: it was compacted away since. Errors: TIMEOUT, those of the call.
 */
export async function compareHash(
  client: EtcdClient,
  expectation: Pick<Expectation, 'revision' | 'hashes'>,
  { who, timeoutMs }: CompareHashOptions,
  ctx: OperationContext,
): Promise<ComparedHash> {
  return await waitUntil<ComparedHash>(
    `${who} gives no hash to compare`,
    async () => {
      const reply = await askHash(client, expectation.revision);
      if (reply === undefined) return { done: 'moved-on' };
      const known = expectation.hashes.find(
        ({ compactRevision }) => compactRevision === reply.compactRevision,
      );
      if (known === undefined) return { waitingFor: `it is compacted to ${reply.compactRevision}` };
      if (known.hash === reply.hash) return { done: undefined };
      return { done: { differs: `HashKV ${reply.hash} instead of ${known.hash}` } };
    },
    { timeoutMs },
    ctx,
  );
}

/**
 * The hash at a revision. etcd 3.4 refuses it where that revision is the compacted one, as after a bump, but not for the
 * newest one (3.4.23); undefined when it has moved on: a lease that ended is enough.
 */
async function askHash(client: EtcdClient, revision: bigint): Promise<HashKVResponse | undefined> {
  const newest = await client.maintenance.hashKV({});
  if (newest.header?.revision === revision) return newest;
  try {
    return await client.maintenance.hashKV({ revision });
  } catch (error) {
    if (hasCode(error, 'REVISION_COMPACTED')) return undefined;
    throw error;
  }
}
