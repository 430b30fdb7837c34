/** Recoveries that fail, or are stopped, on a control plane that runs: everything is as it was before. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { test } from 'node:test';
import { utf8 } from '../../src/base/index.ts';
import { prefixEnd } from '../../src/etcd/index.ts';
import { startHoldfast } from '../faults/holdfast-process.ts';
import type { ControlPlane } from '../support/control-plane/index.ts';
import { eventually } from '../support/waiting.ts';
import { comesBack } from './as-before.ts';
import { startHeldRecovery } from './held-recovery.ts';
import { openRecoverSandbox, type RecoverSandbox, writeMore } from './recover-sandbox.ts';

test('a recovery that does not come to its end', async (t) => {
  await using sandbox = await openRecoverSandbox(t, '3.6');
  if (sandbox === undefined) return;
  await writeMore(sandbox.plane, '2');
  await t.test('something else writes to the restored etcd', () => somebodyDeletes(sandbox));
  await t.test('the restored etcd cannot start', () => portIsTaken(sandbox));
  await t.test('Ctrl-C', () => isInterrupted(sandbox));
  await t.test('kill -9, and another attempt', () => isPending(sandbox));
});

async function somebodyDeletes(sandbox: RecoverSandbox): Promise<void> {
  const { plane } = sandbox;
  await comesBack(plane, async () => {
    const start = '"step":"start/kube-apiserver","state":"begun"';
    const running = startHeldRecovery(sandbox, [start]);
    await running.reached(start);
    await deleteConfigMaps(plane);
    await running.goOn();
    const run = await running.ended;
    assert.equal(run.exitCode, 6, run.stderr);
    assert.match(run.stderr, /rolled back, .* does not show what the snapshot holds: \d+ configmaps missing/);
  });
}

async function deleteConfigMaps(plane: ControlPlane): Promise<void> {
  await using etcd = plane.openEtcd();
  const key = utf8('/registry/configmaps/shop/');
  const { deleted } = await etcd.kv.deleteRange({ key, rangeEnd: prefixEnd(key) });
  assert.ok(deleted > 10n);
}

/** Whoever has the port gives it back when the old etcd is to come again. */
async function portIsTaken(sandbox: RecoverSandbox): Promise<void> {
  const { plane } = sandbox;
  await comesBack(plane, async () => {
    const [gone, turned] = ['"step":"fence/etcd-gone","state":"done"', '"type":"turned-back"'];
    const running = startHeldRecovery(sandbox, [gone, turned], ['--wait-timeout=30s']);
    await running.reached(gone);
    const thief = await listenOn(plane.ports.etcdClient);
    await running.goOn();
    await running.reached(turned).finally(() => thief.close());
    await running.goOn();
    const run = await running.ended;
    assert.equal(run.exitCode, 6, run.stderr);
    assert.match(run.stderr, /^Error: rolled back, everything is as it was before: the restored etcd on/m);
  });
}

async function listenOn(port: number): Promise<Server> {
  return await eventually(60_000, `port ${port} can be taken`, async () => {
    const server = createServer((socket) => socket.destroy());
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
    return server;
  });
}

async function isInterrupted(sandbox: RecoverSandbox): Promise<void> {
  await comesBack(sandbox.plane, async () => {
    const ready = '"step":"verify/etcd-ready","state":"begun"';
    const running = startHeldRecovery(sandbox, [ready]);
    await running.reached(ready);
    running.kill('SIGINT');
    await running.goOn();
    const run = await running.ended;
    assert.equal(run.exitCode, 130, run.stderr);
    assert.match(run.stderr, /interrupted; everything is as it was before/);
  });
}

/** Nothing else may begin before somebody has said what becomes of the first. */
async function isPending(sandbox: RecoverSandbox): Promise<void> {
  const { plane } = sandbox;
  await comesBack(plane, async () => {
    const fenced = '"step":"fence/etcd","state":"done"';
    const running = startHeldRecovery(sandbox, [fenced]);
    await running.reached(fenced);
    running.kill('SIGKILL');
    assert.equal((await running.ended).signal, 'SIGKILL');
    const again = await sandbox.recover(['--yes']);
    assert.equal(again.exitCode, 4, again.stderr);
    assert.match(again.stderr, /^Error: .*recovery \S+ was not finished$/m);
    assert.match(again.stderr, /^hint: Finish it with "holdfast recover --resume", or undo it/m);
    const undone = await startHoldfast(['recover', '--rollback', `--root=${plane.root}`], {
      timeoutMs: 120_000,
    }).ended;
    assert.equal(undone.exitCode, 0, undone.stderr);
    assert.match(undone.stdout, /is undone: everything is as it was before/);
  });
}
