/** Recoveries that fail, or are stopped, on a control plane that runs: everything is as it was before. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { utf8 } from '../../src/base/index.ts';
import { prefixEnd } from '../../src/etcd/index.ts';
import { startHoldfast } from '../faults/holdfast-process.ts';
import type { ControlPlane } from '../support/control-plane/index.ts';
import { eventually } from '../support/waiting.ts';
import { comesBack } from './as-before.ts';
import { openRecoverSandbox, recoverFlags, type RecoverSandbox, writeMore } from './recover-sandbox.ts';

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
    const running = sandbox.recover(['--yes']);
    await journalHas(plane, '"step":"start/kube-apiserver","state":"begun"');
    await deleteConfigMaps(plane);
    const run = await running;
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
    const running = sandbox.recover(['--yes', '--wait-timeout=15s']);
    await journalHas(plane, '"step":"fence/etcd-gone","state":"done"');
    const thief = await listenOn(plane.ports.etcdClient);
    await journalHas(plane, '"type":"turned-back"').finally(() => thief.close());
    const run = await running;
    assert.equal(run.exitCode, 6, run.stderr);
    assert.match(run.stderr, /^Error: rolled back, everything is as it was before: the restored etcd on/m);
  });
}

async function listenOn(port: number): Promise<Server> {
  return await eventually(10_000, `port ${port} can be taken`, async () => {
    const server = createServer((socket) => socket.destroy());
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
    return server;
  });
}

async function isInterrupted(sandbox: RecoverSandbox): Promise<void> {
  await comesBack(sandbox.plane, async () => {
    const running = start(sandbox);
    await journalHas(sandbox.plane, '"step":"verify/etcd-ready","state":"begun"');
    running.kill('SIGINT');
    const run = await running.ended;
    assert.equal(run.exitCode, 130, run.stderr);
    assert.match(run.stderr, /interrupted; everything is as it was before/);
  });
}

/** Nothing else may begin before somebody has said what becomes of the first. */
async function isPending(sandbox: RecoverSandbox): Promise<void> {
  const { plane } = sandbox;
  await comesBack(plane, async () => {
    const running = start(sandbox);
    await journalHas(plane, '"step":"fence/etcd","state":"done"');
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

function start({ plane, snapshotPath }: RecoverSandbox) {
  const words = ['recover', snapshotPath, ...recoverFlags(plane), '--yes'];
  return startHoldfast(words, { timeoutMs: 120_000 });
}

/** Resolves when the journal of the recovery that is under way has this in a line. */
async function journalHas({ root }: ControlPlane, text: string): Promise<void> {
  const path = join(root, 'var/lib/holdfast/recover/journal.jsonl');
  const deadline = performance.now() + 60_000;
  for (;;) {
    if ((await readFile(path, 'utf8').catch(() => '')).includes(text)) return;
    if (performance.now() > deadline) throw new Error(`the journal never has ${text}`);
    await delay(10);
  }
}
