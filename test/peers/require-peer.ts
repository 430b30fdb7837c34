import type { TestContext } from 'node:test';
import { type Peer, type PeerLine, peer } from './peer.ts';

/**
 * The peer for a test, or undefined after the test has been skipped with the reason; the caller returns then.
 * Under `CI=true` a peer that cannot be had fails the test: there, nothing may go untested unnoticed.
 */
export async function requirePeer(t: TestContext, line: PeerLine): Promise<Peer | undefined> {
  try {
    return await peer(line);
  } catch (error) {
    const reason = `etcd ${line} cannot be had: ${error instanceof Error ? error.message : String(error)}`;
    if (process.env['CI'] === 'true') throw new Error(reason, { cause: error });
    t.skip(reason);
    return undefined;
  }
}
