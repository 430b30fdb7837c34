import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { requirePeer } from '../peers/index.ts';
import { startEtcd } from './etcd-server.ts';
import { etcdctl } from './etcdctl.ts';
import { readStore } from './store-content.ts';
import { tempDir } from './temp-dir.ts';
import { type WorkloadOutcome, runWorkload } from './workload.ts';

test('the same seed does the same work; the outcome is what the store holds', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  await using dir = await tempDir('workload');
  const outcomes: WorkloadOutcome[] = [];
  for (const name of ['first', 'second']) {
    await using server = await startEtcd({ peer, dataDir: join(dir.path, name) });
    await server.ready();
    const outcome = await runWorkload({ clientUrl: server.clientUrl, tls: undefined, seed: 20 });
    assert.deepEqual(new Map([...(await readStore(server))].sort()), new Map([...outcome.keys].sort()));
    const leases = (await etcdctl(server, ['lease', 'list'])).trim().split('\n').slice(1);
    assert.deepEqual(new Set(leases.map((id) => BigInt(`0x${id}`))), outcome.leases);
    outcomes.push(outcome);
  }
  const [first, second] = outcomes.map((outcome) => ({ ...outcome, tookMs: 0 }));
  assert.deepEqual(first, second);
});

test('every kind of operation is in it, whatever the seed', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  await using dir = await tempDir('workload');
  for (const seed of [1, 2, 3]) {
    await using server = await startEtcd({ peer, dataDir: join(dir.path, String(seed)) });
    await server.ready();
    const outcome = await runWorkload({ clientUrl: server.clientUrl, tls: undefined, seed });
    for (const kind of ['put', 'delete', 'txn', 'grant', 'compact'] as const) {
      assert.ok(outcome.operations[kind] > 0, `${kind} with seed ${seed}`);
    }
    assert.ok(outcome.leases.size > 0 && outcome.compactRevision > 0n, `seed ${seed}`);
    assert.ok(outcome.keys.size > 50, `seed ${seed} leaves ${outcome.keys.size} keys`);
  }
});
