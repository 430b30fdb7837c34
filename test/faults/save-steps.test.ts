/** A save that is killed, or whose calls fail, at each single step. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { requirePeer } from '../peers/index.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { expectNoTrace } from './expect-failure.ts';
import { startFilledEtcd } from './filled-etcd.ts';
import { type FsStep, watchSteps } from './fs-steps.ts';
import { runHoldfastProcess } from './holdfast-process.ts';
import { failAtStep, killAtStep } from './step-faults.ts';
import { expectWholeSnapshot } from './whole-snapshot.ts';

const oldFile = 'what was saved the day before';

test('a save that is stopped at any step', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  await using dir = await tempDir('save-steps');
  await using server = await startFilledEtcd(dir.path, 3 << 20, { peer });
  const out = join(dir.path, 'out');
  const path = join(out, 's.db');
  const record = join(dir.path, 'steps');
  const save = [`--endpoints=${server.clientUrl}`, 'snapshot', 'save', path];

  async function prepare(replaces: boolean): Promise<void> {
    await rm(out, { recursive: true, force: true });
    await mkdir(out);
    if (replaces) await writeFile(path, oldFile, { mode: 0o600 });
  }

  /** Whether the file is there, is whole, and is not the old one; fails when it is anything else. */
  async function isSaved(replaces: boolean): Promise<boolean> {
    const found = await readFile(path).catch(() => undefined);
    assert.equal(found === undefined && replaces, false, 'the old file is gone');
    if (found === undefined || (replaces && found.equals(Buffer.from(oldFile)))) return false;
    await expectWholeSnapshot(path);
    return true;
  }

  for (const replaces of [false, true]) {
    const words = replaces ? [...save, '--force'] : save;
    const steps: FsStep[] = [];
    await prepare(replaces);
    {
      using _ = await watchSteps(out, (step) => steps.push(step));
      const result = await runHoldfast(words);
      assert.equal(result.exitCode, 0, result.stderr);
    }
    const title = replaces ? 'replacing a file' : 'making a file';

    await t.test(`${title}: every step fails once`, async () => {
      assert.ok(steps.length > 6, JSON.stringify(steps));
      for (const errno of ['EIO', 'ENOSPC']) {
        for (const { number, call } of steps) {
          await prepare(replaces);
          const result = await failAtStep(words, number, out, errno);
          const context = `${errno} in step ${number}, ${call}: ${result.stderr}`;
          expectNoTrace({ ...result, signal: null, tookMs: 0 });
          assert.equal(result.exitCode, 1, context);
          assert.match(result.stderr, errno === 'EIO' ? /input\/output error/ : /no space left/, context);
          // Once it is in its place, whole and flushed, nothing that fails takes it away again.
          const saved = await isSaved(replaces);
          assert.deepEqual(await readdir(out), saved || replaces ? ['s.db'] : [], context);
        }
      }
    });

    await t.test(`${title}: killed at every step`, async () => {
      const outcomes = new Set<boolean>();
      for (const { number, call } of steps) {
        await prepare(replaces);
        await killAtStep(words, { step: number, directory: out, record });
        const context = `killed before step ${number}, ${call}`;
        const saved = await isSaved(replaces);
        outcomes.add(saved);
        const next = await runHoldfastProcess(words);
        assert.equal(next.exitCode, saved && !replaces ? 4 : 0, `${context}: ${next.stderr}`);
        assert.deepEqual(await readdir(out), ['s.db'], context);
        assert.ok(await isSaved(replaces), context);
      }
      assert.deepEqual([...outcomes].sort(), [false, true]);
    });
  }
});
