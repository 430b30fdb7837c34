import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { requirePeer } from '../../../../test/peers/index.ts';
import { startEtcd } from '../../../../test/support/etcd-server.ts';
import { tempDir } from '../../../../test/support/temp-dir.ts';
import { operationContext } from '../../../base/index.ts';
import type { StepWork } from '../work/index.ts';
import { openMemberClient } from './etcd-ready.ts';

/** What a call has elsewhere. */
const usualLimitMs = 5000;

test('an etcd that takes long to answer is waited for as long as for anything else', async (t) => {
  const peer = await requirePeer(t, '3.5');
  if (peer === undefined) return;
  await using dir = await tempDir('slow-etcd');
  await using etcd = await startEtcd({ peer, dataDir: join(dir.path, 'data') });
  await etcd.ready();
  const work = {
    host: { host: 'cp1', etcd: { endpoints: [etcd.clientUrl] } },
    plan: { waitTimeoutMs: 60_000 },
    ctx: operationContext(),
  } as unknown as StepWork;
  await using client = await openMemberClient(work);
  await client.maintenance.status({});
  process.kill(etcd.pid, 'SIGSTOP');
  const reading = client.maintenance.status({});
  try {
    await pause(usualLimitMs + 1000);
  } finally {
    process.kill(etcd.pid, 'SIGCONT');
  }
  assert.ok((await reading).header !== undefined);
});
