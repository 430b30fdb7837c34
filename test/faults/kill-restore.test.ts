/** kill -9 at random moments of `snapshot restore`. */
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { requirePeer } from '../peers/index.ts';
import { etcdutl } from '../support/etcdctl.ts';
import { Random } from '../support/random.ts';
import { tempDir } from '../support/temp-dir.ts';
import { testSeed } from '../support/test-seed.ts';
import { readTree } from './directory-tree.ts';
import { runHoldfastProcess, startHoldfast } from './holdfast-process.ts';
import { type Duration, describeMoment, killedRun, measuredRun, randomMoment } from './random-kills.ts';
import { sampleSnapshot } from './sample-snapshot.ts';

const kills = process.env['HOLDFAST_SOAK'] === '1' ? 500 : 50;
const placed = [/^data$/, /^wal$/, /^data\.holdfast-restore-/];

test(`killed ${kills} times, a restore is whole or not there, and the next one succeeds`, async (t) => {
  const seed = testSeed(t);
  const random = new Random(seed);
  await using dir = await tempDir('kill-restore');
  const snapshot = join(dir.path, 'snapshot.db');
  await writeFile(snapshot, sampleSnapshot(24 << 20));
  const out = join(dir.path, 'out');
  const words = ['snapshot', 'restore', snapshot, '--data-dir', join(out, 'data')];
  const variants = [words, [...words, '--wal-dir', join(out, 'wal')]];
  const start = (variant: number) => startHoldfast(variants[variant]!);
  await runHoldfastProcess(['version']);

  // What undisturbed runs make, and how long they take.
  const whole: Record<string, string>[] = [];
  const durations: Duration[] = [];
  for (const variant of variants.keys()) {
    await mkdir(out);
    const { result, duration } = await measuredRun(out, () => start(variant));
    assert.equal(result.exitCode, 0, result.stderr);
    whole.push(await readTree(out));
    durations.push(duration!);
    await checkWithEtcdutl(join(out, 'data'));
    await rm(out, { recursive: true });
  }

  async function checkWithEtcdutl(dataDir: string): Promise<void> {
    const peer = await requirePeer(t, '3.6');
    if (peer !== undefined) await etcdutl(peer, ['snapshot', 'status', join(dataDir, 'member/snap/db')]);
  }

  const outcomes = { untouched: 0, unfinished: 0, complete: 0 };
  const isEnough = () => outcomes.unfinished >= kills / 5 && outcomes.complete > 0;
  // Where a kill falls is chance: when too few fell into the work, more follow.
  for (let kill = 0; kill < kills || (!isEnough() && kill < 5 * kills); kill++) {
    const variant = kill % variants.length;
    await mkdir(out);
    const moment = randomMoment(random, durations[variant]!, placed);
    const killed = await killedRun(out, () => start(variant), moment);
    const context = `seed ${seed}, kill ${kill}, ${describeMoment(moment)}: ${killed.stderr}`;
    assert.ok(killed.signal === 'SIGKILL' || killed.exitCode === 0, context);
    const left = await readTree(out);
    const isComplete = 'data/member/snap/db' in left;
    if (isComplete) outcomes.complete++;
    else if (Object.keys(left).length > 0) outcomes.unfinished++;
    else outcomes.untouched++;
    // A whole data dir may still have a mark beside it that the next run takes away.
    if (isComplete) assert.deepEqual({ ...left, ...whole[variant] }, left, context);
    const next = await measuredRun(out, () => start(variant));
    assert.equal(next.result.exitCode, isComplete ? 4 : 0, `${context}\nnext: ${next.result.stderr}`);
    assert.deepEqual(await readTree(out), whole[variant], context);
    if (!isComplete) durations[variant] = next.duration!;
    await rm(out, { recursive: true });
  }
  t.diagnostic(JSON.stringify(outcomes));
  // Otherwise the moments are no longer where the work is.
  assert.ok(isEnough(), JSON.stringify(outcomes));
});
