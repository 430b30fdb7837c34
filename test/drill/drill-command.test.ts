import assert from 'node:assert/strict';
import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startHoldfast } from '../faults/holdfast-process.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { eventually } from '../support/waiting.ts';
import { soundSnapshot } from './file-faults.ts';
import { backupRows } from './backup-rows.ts';
import { snapshotBytes } from '../support/snapshot-file.ts';

const dir = await tempDir('drill-command');
const sound = join(dir.path, 'sound.db');
const faulty = join(dir.path, 'a <b>faulty<b> one.db');
await writeFile(sound, soundSnapshot);
await writeFile(faulty, snapshotBytes({ ...backupRows(), lease: [] }));
const flags = ['--embedded', '--work-dir', dir.path];

test('a sound backup: the report, both times to recovery, and status 0', async () => {
  const run = await runHoldfast(['drill', sound, ...flags]);
  assert.equal(run.exitCode, 0, run.stderr);
  assert.match(run.stdout, /^ok +keys +\S+ s +6 keys read and compared$/m);
  assert.match(
    run.stdout,
    /^Drilled with the embedded server \(as etcd 3\.\d+\.\d+\), not with the real etcd$/m,
  );
  assert.match(run.stdout, /^First answer after \d+\.\d\d s$/m);
  assert.match(run.stdout, /^Everything proven after \d+\.\d\d s$/m);
});

test('a faulty backup: the sentence, status 3, and nothing that was not made', async () => {
  const run = await runHoldfast(['drill', faulty, ...flags]);
  assert.equal(run.exitCode, 3);
  assert.match(
    run.stdout,
    /^fail +file +\S+ s +leases: 2 keys will never expire: the lease does not exist$/m,
  );
  assert.match(run.stdout, /^skipped +boot +not made: a check before it failed$/m);
  assert.match(run.stderr, /^Error: .*one\.db failed at file: leases: 2 keys will never expire/);
});

test('as JSON it is one document with numbers', async () => {
  const run = await runHoldfast(['drill', sound, ...flags, '-w', 'json']);
  const report = JSON.parse(run.stdout) as Record<string, unknown> & {
    checks: { name: string; status: string }[];
  };
  assert.equal(report['ok'], true);
  assert.ok((report['timeToFirstAnswerMs'] as number) <= (report['timeToProofMs'] as number));
  assert.equal(report.checks.length, 15);
});

test('the page is whole in itself, tells no key and no value, and takes the place of an older page alone', async () => {
  const page = join(dir.path, 'drill.html');
  assert.equal((await runHoldfast(['drill', sound, ...flags, '--html', page])).exitCode, 0);
  assert.equal((await runHoldfast(['drill', faulty, ...flags, '--html', page])).exitCode, 3);
  const text = await readFile(page, 'utf8');
  assert.match(text, /did not come back/);
  assert.match(text, /a &lt;b&gt;faulty&lt;b&gt; one\.db/);
  assert.doesNotMatch(text, /<b>faulty|<script|<link|<img|https?:|url\(|config\/a|secret\/x|of x|third/);
  const refused = await runHoldfast(['drill', sound, ...flags, '--html', sound]);
  assert.deepEqual([refused.exitCode, Buffer.compare(await readFile(sound), soundSnapshot)], [4, 0]);
});

test('what is not there is wrong usage, and contradictions too', async () => {
  for (const words of [
    [join(dir.path, 'none.db')],
    [sound, '--etcd', join(dir.path, 'none')],
    [sound, '--etcd', 'x', '--embedded'],
  ])
    assert.equal((await runHoldfast(['drill', ...words, '--work-dir', dir.path])).exitCode, 2);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
  test(`after ${signal} nothing that was started is left`, async (t) => {
    const isOutright = signal === 'SIGKILL';
    if (isOutright && !(await hasSetpriv())) {
      t.skip('this system has no setpriv');
      return;
    }
    const pidFile = join(dir.path, `${signal}.pid`);
    const stuck = join(dir.path, `${signal}.sh`);
    await writeFile(stuck, `#!/bin/sh\necho $$ > '${pidFile}'\nexec sleep 600\n`, { mode: 0o700 });
    const running = startHoldfast(['drill', sound, '--etcd', stuck, '--work-dir', dir.path]);
    const pid = await eventually(
      30_000,
      'the program runs',
      async () => Number(await readFile(pidFile, 'utf8').catch(() => '')) || undefined,
    );
    running.kill(signal);
    const { exitCode } = await running.ended;
    assert.equal(exitCode, isOutright ? null : 130);
    await eventually(30_000, 'it has ended', () => Promise.resolve(isAlive(pid) ? undefined : true));
    // What a kill leaves on the disk, the next drill removes.
    if (isOutright) assert.equal((await runHoldfast(['drill', sound, ...flags])).exitCode, 0);
    assert.deepEqual(
      (await readdir(dir.path)).filter((name) => name.startsWith('holdfast-drill')),
      [],
    );
  });
}

function hasSetpriv(): Promise<boolean> {
  return access('/usr/bin/setpriv').then(
    () => true,
    () => false,
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test.after(() => dir[Symbol.asyncDispose]());
