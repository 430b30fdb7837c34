/** What reaches a recovery from outside while the control plane is down: a terminal that hangs up, Ctrl-C twice. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startHoldfast } from '../faults/holdfast-process.ts';
import { eventually } from '../support/waiting.ts';
import { comesBack } from './as-before.ts';
import { openRecoverSandbox, recoverFlags, type RecoverSandbox } from './recover-sandbox.ts';

test('a recovery that is told to stop while etcd is away', async (t) => {
  await using sandbox = await openRecoverSandbox(t, '3.5');
  if (sandbox === undefined) return;
  await t.test('a terminal that hangs up', () => hangsUp(sandbox));
  await t.test('Ctrl-C twice', () => isStoppedTwice(sandbox));
});

async function hangsUp(sandbox: RecoverSandbox): Promise<void> {
  await comesBack(sandbox.plane, async () => {
    const running = await startedUpTo(sandbox, '"step":"fence/etcd","state":"done"');
    running.kill('SIGHUP');
    const run = await running.ended;
    assert.equal(run.exitCode, 130, run.stderr);
    assert.match(run.stderr, /interrupted; everything is as it was before/);
  });
}

/** The second one ends the process in the middle: it must not go without a word. */
async function isStoppedTwice(sandbox: RecoverSandbox): Promise<void> {
  const { plane } = sandbox;
  await comesBack(plane, async () => {
    const running = await startedUpTo(sandbox, '"step":"fence/etcd","state":"done"');
    running.kill('SIGINT');
    await journalHas(sandbox, '"type":"turned-back"');
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

async function startedUpTo(sandbox: RecoverSandbox, journaled: string) {
  const words = ['recover', sandbox.snapshotPath, ...recoverFlags(sandbox.plane), '--yes'];
  const running = startHoldfast(words, { timeoutMs: 120_000 });
  await journalHas(sandbox, journaled);
  return running;
}

async function journalHas({ plane }: RecoverSandbox, text: string): Promise<void> {
  const path = join(plane.root, 'var/lib/holdfast/recover/journal.jsonl');
  await eventually(60_000, `the journal has ${text}`, async () => {
    const journal = await readFile(path, 'utf8').catch(() => '');
    return journal.includes(text) || undefined;
  });
}
