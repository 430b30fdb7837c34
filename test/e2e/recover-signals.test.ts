/** What reaches a recovery from outside while the control plane is down: a terminal that hangs up, Ctrl-C twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHoldfast } from '../faults/holdfast-process.ts';
import { comesBack } from './as-before.ts';
import { startHeldRecovery } from './held-recovery.ts';
import { openRecoverSandbox, type RecoverSandbox } from './recover-sandbox.ts';

const fenced = '"step":"fence/etcd","state":"done"';
const turned = '"type":"turned-back"';

test('a recovery that is told to stop while etcd is away', async (t) => {
  await using sandbox = await openRecoverSandbox(t, '3.5');
  if (sandbox === undefined) return;
  await t.test('a terminal that hangs up', () => hangsUp(sandbox));
  await t.test('Ctrl-C twice', () => isStoppedTwice(sandbox));
});

async function hangsUp(sandbox: RecoverSandbox): Promise<void> {
  await comesBack(sandbox.plane, async () => {
    const running = startHeldRecovery(sandbox, [fenced]);
    await running.reached(fenced);
    running.kill('SIGHUP');
    await running.goOn();
    const run = await running.ended;
    assert.equal(run.exitCode, 130, run.stderr);
    assert.match(run.stderr, /interrupted; everything is as it was before/);
  });
}

/** The second one ends the process in the middle: it must not go without a word. */
async function isStoppedTwice(sandbox: RecoverSandbox): Promise<void> {
  const { plane } = sandbox;
  await comesBack(plane, async () => {
    const running = startHeldRecovery(sandbox, [fenced, turned]);
    await running.reached(fenced);
    running.kill('SIGINT');
    await running.goOn();
    await running.reached(turned);
    running.kill('SIGINT');
    const run = await running.ended;
    assert.equal(run.exitCode, 130, run.stderr);
    assert.match(run.stderr, /Stopped at once: .* may be down\. .*holdfast recover --rollback/);
    const undone = await startHoldfast(['recover', '--rollback', `--root=${plane.root}`], {
      timeoutMs: 120_000,
    }).ended;
    assert.equal(undone.exitCode, 0, undone.stderr);
  });
}
