/** kill -9 at random moments of `snapshot save` from a real etcd. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { requirePeer } from '../peers/index.ts';
import { etcdutl } from '../support/etcdctl.ts';
import { Random } from '../support/random.ts';
import { tempDir } from '../support/temp-dir.ts';
import { testSeed } from '../support/test-seed.ts';
import { startFilledEtcd } from './filled-etcd.ts';
import { runHoldfastProcess, startHoldfast } from './holdfast-process.ts';
import { describeMoment, killedRun, measuredRun, randomMoment } from './random-kills.ts';
import { expectWholeSnapshot } from './whole-snapshot.ts';

const kills = process.env['HOLDFAST_SOAK'] === '1' ? 500 : 50;
const placed = [/^s\.db\.part\.\d/, /^s\.db$/, /^s\.db\.part$/];
const oldFile = 'what was saved the day before';

test(`killed ${kills} times, a save is whole or not there, and the next one succeeds`, async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  const seed = testSeed(t);
  const random = new Random(seed);
  await using dir = await tempDir('kill-save');
  await using server = await startFilledEtcd(dir.path, 32 << 20, { peer });
  const out = join(dir.path, 'out');
  const path = join(out, 's.db');
  const words = [`--endpoints=${server.clientUrl}`, 'snapshot', 'save', path];
  await runHoldfastProcess(['version']);

  await mkdir(out);
  const undisturbed = await measuredRun(out, () => startHoldfast(words));
  assert.equal(undisturbed.result.exitCode, 0, undisturbed.result.stderr);
  let duration = undisturbed.duration!;
  const status = await expectWholeSnapshot(path);
  const [, revision, keys] = status.split(', ');
  assert.ok(BigInt(revision!) > 50n && Number(keys) > 50, status);
  assert.match(await etcdutl(peer, ['snapshot', 'status', path]), new RegExp(`^${status.split(',')[0]!}, `));
  await rm(out, { recursive: true });

  const outcomes = { untouched: 0, unfinished: 0, complete: 0 };
  const isEnough = () => outcomes.unfinished >= kills / 5 && outcomes.complete > 0;
  // Where a kill falls is chance: when too few fell into the work, more follow.
  for (let kill = 0; kill < kills || (!isEnough() && kill < 5 * kills); kill++) {
    // Every other one is to replace a file.
    const replaces = kill % 2 === 1;
    const start = () => startHoldfast(replaces ? [...words, '--force'] : words);
    await mkdir(out);
    if (replaces) await writeFile(path, oldFile);
    const moment = randomMoment(random, duration, placed);
    const killed = await killedRun(out, start, moment);
    const context = `seed ${seed}, kill ${kill}, ${describeMoment(moment)}: ${killed.stderr}`;
    assert.ok(killed.signal === 'SIGKILL' || killed.exitCode === 0, context);

    const left = await readdir(out);
    const isOld = replaces && (await readFile(path)).equals(Buffer.from(oldFile));
    const isComplete = left.includes('s.db') && !isOld;
    if (isComplete) assert.equal(await expectWholeSnapshot(path), status, context);
    if (replaces) assert.ok(left.includes('s.db'), `the old file is gone: ${context}`);
    if (isComplete) outcomes.complete++;
    else if (left.some((name) => name !== 's.db')) outcomes.unfinished++;
    else outcomes.untouched++;

    const next = await measuredRun(out, start);
    const isRefused = isComplete && !replaces;
    assert.equal(next.result.exitCode, isRefused ? 4 : 0, `${context}\nnext: ${next.result.stderr}`);
    assert.deepEqual(await readdir(out), ['s.db'], context);
    assert.equal(await expectWholeSnapshot(path), status, context);
    if (!isRefused) duration = next.duration!;
    await rm(out, { recursive: true });
  }
  t.diagnostic(JSON.stringify(outcomes));
  // Otherwise the moments are no longer where the work is.
  assert.ok(isEnough(), JSON.stringify(outcomes));
});
