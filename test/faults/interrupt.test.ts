/** Ctrl-C and a polite kill, once or twice, at any moment of a save and a restore. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { requirePeer } from '../peers/index.ts';
import type { RunResult } from '../support/run-command.ts';
import { tempDir } from '../support/temp-dir.ts';
import { readTree } from './directory-tree.ts';
import { expectFailure } from './expect-failure.ts';
import { startFilledEtcd } from './filled-etcd.ts';
import { runHoldfastProcess, startHoldfast } from './holdfast-process.ts';
import { startProxy } from './proxy.ts';
import { layouts, longestLayout, RestorePlace, undisturbedRestore } from './restore-place.ts';
import { bringsNewState, signalAtStep } from './step-faults.ts';
import { expectWholeSnapshot } from './whole-snapshot.ts';

const soak = process.env['HOLDFAST_SOAK'] === '1';
const interrupted = { code: 'INTERRUPTED', message: /^Error: interrupted$/ } as const;

before(() => runHoldfastProcess(['version']));

/** Interrupted, or done before the interruption came; twice, it ends without a word. */
function expectInterruptedOrDone(result: RunResult, again: boolean, context: string): void {
  if (result.exitCode === 0) return;
  assert.equal(result.exitCode, 130, `${context}: ${result.signal ?? ''} ${result.stderr}`);
  if (!again || result.stderr.includes('Error')) expectFailure(result, interrupted);
}

describe('a restore', () => {
  const layout = layouts[longestLayout]!;
  for (const again of [false, true]) {
    test(`is interrupted ${again ? 'twice' : 'once'} at every step: nothing, or all of it`, async () => {
      const { steps, tree } = await undisturbedRestore(layout);
      const outcomes = new Set<number | null>();
      for (const { number, call } of soak ? steps : steps.filter(bringsNewState)) {
        await using place = await RestorePlace.make(layout);
        const earlier = await readTree(place.out);
        const signal = number % 2 === 0 ? 'SIGINT' : 'SIGTERM';
        const fault = { step: number, directory: place.out, record: place.record, signal, again } as const;
        const result = await signalAtStep(place.words, fault);
        const context = `${signal} before step ${number}, ${call}`;
        expectInterruptedOrDone(result, again, context);
        outcomes.add(result.exitCode);
        assert.deepEqual(await readTree(place.out), result.exitCode === 0 ? tree : earlier, context);
      }
      assert.ok(outcomes.has(130));
      // The last steps are not worth going back for.
      if (!again) assert.ok(outcomes.has(0));
    });
  }
});

test('a save', async (t) => {
  const peer = await requirePeer(t, '3.5');
  if (peer === undefined) return;
  await using dir = await tempDir('interrupt');
  await using server = await startFilledEtcd(dir.path, 6 << 20, { peer });
  const out = join(dir.path, 'out');
  const path = join(out, 's.db');
  const record = join(dir.path, 'steps');
  const save = (port: number) => [...[`--endpoints=127.0.0.1:${port}`, 'snapshot', 'save', path, '--force']];

  async function prepare(replaces: boolean): Promise<void> {
    await rm(out, { recursive: true, force: true });
    await mkdir(out);
    if (replaces) await writeFile(path, 'old');
  }

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    for (const times of [1, 2]) {
      await t.test(`gets ${signal} ${times === 1 ? 'once' : 'twice'} while data arrives`, async () => {
        await prepare(true);
        await using proxy = await startProxy({
          port: server.ports.client,
          passBytes: 3 << 20,
          fault: 'hold',
        });
        const saving = startHoldfast(save(proxy.port));
        await proxy.reached;
        for (let count = 0; count < times; count++) saving.kill(signal);
        const signalledMs = performance.now();
        const result = await saving.ended;
        assert.ok(performance.now() - signalledMs < 20_000, 'it did not end soon');
        assert.equal(result.exitCode, 130, result.stderr);
        if (times === 1) expectFailure(result, interrupted);
        assert.equal(result.stdout, '');
        assert.deepEqual(await readdir(out), ['s.db']);
        assert.equal(await readFile(path, 'utf8'), 'old');
      });
    }
  }

  await t.test('is interrupted at every step: nothing, or all of it', async () => {
    await prepare(false);
    await signalAtStep(save(server.ports.client), { step: 0, directory: out, record, signal: 'SIGINT' });
    const steps = (await readFile(record, 'utf8')).split('\n').length - 1;
    assert.ok(steps > 6, String(steps));
    for (let step = 1; step <= steps; step++) {
      for (const again of [false, true]) {
        const replaces = step % 2 === 0;
        await prepare(replaces);
        const fault = { step, directory: out, record, signal: 'SIGINT', again } as const;
        const result = await signalAtStep(save(server.ports.client), fault);
        expectInterruptedOrDone(result, again, `step ${step}`);
        const left = await readdir(out);
        assert.ok(left.length === 0 || (left.length === 1 && left[0] === 's.db'), left.join(' '));
        const isOld = replaces && (await readFile(path)).equals(Buffer.from('old'));
        if (result.exitCode === 0) assert.ok(!isOld && left.length === 1);
        if (left.length === 1 && !isOld) await expectWholeSnapshot(path);
      }
    }
  });

  await t.test('is interrupted while nobody answers', async () => {
    await prepare(false);
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const saving = startHoldfast([...save(port), '--dial-timeout=60s']);
    const [socket] = (await once(silent, 'connection')) as [{ destroy(): void }];
    saving.kill('SIGINT');
    const result = await saving.ended;
    expectFailure(result, interrupted);
    assert.deepEqual(await readdir(out), []);
    socket.destroy();
    silent.close();
  });
});
