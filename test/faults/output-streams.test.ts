/** Standard output that is gone or full, what goes to which stream, and who may read what is written. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { open, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { requirePeer } from '../peers/index.ts';
import { mustRun, runCommand } from '../support/run-command.ts';
import { tempDir } from '../support/temp-dir.ts';
import { readTree } from './directory-tree.ts';
import { expectFailure, expectNoTrace } from './expect-failure.ts';
import { startFilledEtcd } from './filled-etcd.ts';
import { commandLine, runHoldfastProcess, startHoldfast } from './holdfast-process.ts';
import { startProxy } from './proxy.ts';
import { sampleSnapshot } from './sample-snapshot.ts';

const fullDevice = { code: 'DISK_FULL', message: /standard output: no space left on device$/ } as const;

before(() => runHoldfastProcess(['version']));

test('a save', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  await using dir = await tempDir('streams');
  await using server = await startFilledEtcd(dir.path, 6 << 20, { peer });
  const words = [`--endpoints=${server.clientUrl}`, 'snapshot', 'save'];

  await t.test('to standard output is the snapshot and nothing else', async () => {
    const { exitCode, stdoutBytes, stderr } = await runHoldfastProcess([...words, '-']);
    assert.equal(exitCode, 0, stderr);
    const digest = createHash('sha256').update(stdoutBytes.subarray(0, -32)).digest();
    assert.ok(digest.equals(stdoutBytes.subarray(-32)));
    assert.match(stderr, /^Snapshot written to standard output \(\d+ bytes\)$/m);
  });

  await t.test('to a reader that leaves', async () => {
    for (const readBytes of [0, 1, 1 << 20]) {
      const saving = startHoldfast([...words, '-']);
      if (readBytes === 0) saving.stdout.destroy();
      let seenBytes = 0;
      saving.stdout.on('data', (chunk: Uint8Array) => {
        seenBytes += chunk.length;
        if (seenBytes >= readBytes) saving.stdout.destroy();
      });
      const result = await saving.ended;
      assert.equal(result.exitCode, 1, `${result.signal ?? ''} ${result.stderr}`);
      expectNoTrace({ ...result, stdout: '' });
    }
  });

  await t.test('to a device that is full', async () => {
    await using device = await open('/dev/full', 'w');
    const [file, ...args] = commandLine([...words, '-']);
    const child = spawn(file!, args, { stdio: ['ignore', device.fd, 'pipe'] });
    let stderr = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const [exitCode] = (await once(child, 'close')) as [number];
    expectFailure({ ...noOutput, exitCode, stderr }, fullDevice);
  });

  await t.test('is readable by its owner only, from its first byte on, whatever the umask', async () => {
    await using proxy = await startProxy({ port: server.ports.client, passBytes: 3 << 20, fault: 'hold' });
    const path = join(dir.path, 's.db');
    const saving = startHoldfast([`--endpoints=127.0.0.1:${proxy.port}`, 'snapshot', 'save', path], {
      umask: '000',
    });
    await proxy.reached;
    const mode = async (name: string) => ((await stat(name)).mode & 0o777).toString(8);
    assert.equal(await mode(`${path}.part`), '600');
    proxy.release();
    const result = await saving.ended;
    assert.equal(result.exitCode, 0, result.stderr);
    assert.equal(await mode(path), '600');
    assert.equal(result.stdout, `Snapshot saved at ${path}\nServer version 3.6.0\n`);
  });

  await t.test('in JSON is one document', async () => {
    const path = join(dir.path, 'json.db');
    const result = await runHoldfastProcess([...words, path, '-w', 'json']);
    assert.equal((JSON.parse(result.stdout) as { path: string }).path, path);
    assert.equal(result.stdout.trimEnd().split('\n').length, 1);
  });
});

const noOutput = { signal: null, stdout: '', stdoutBytes: new Uint8Array(), tookMs: 0 };

test('a command that reads a snapshot', async (t) => {
  await using dir = await tempDir('streams');
  const snapshot = join(dir.path, 's.db');
  await writeFile(snapshot, sampleSnapshot(0));
  const commands = {
    status: ['snapshot', 'status', snapshot],
    verify: ['snapshot', 'verify', snapshot],
    hashkv: ['snapshot', 'hashkv', snapshot],
    restore: ['snapshot', 'restore', snapshot, '--data-dir', join(dir.path, 'data')],
  };
  /** Runs a command line in a shell, for what only redirections can do. */
  const inShell = (words: readonly string[], redirection: string) =>
    runCommand('/bin/sh', ['-c', `"$@" ${redirection}`, 'sh', ...commandLine(words)], { timeoutMs: 60_000 });

  for (const [name, words] of Object.entries(commands)) {
    await t.test(`${name}: results on stdout, and nothing on stderr`, async () => {
      const { exitCode, stdout, stderr } = await runHoldfastProcess(words);
      assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });
      assert.notEqual(stdout, '');
      await mustRun('rm', ['-rf', join(dir.path, 'data')], { timeoutMs: 60_000 });
    });

    await t.test(`${name}: one JSON document`, async () => {
      const { exitCode, stdout } = await runHoldfastProcess([...words, '-w', 'json']);
      assert.equal(exitCode, 0);
      JSON.parse(stdout);
      assert.equal(stdout.trimEnd().split('\n').length, 1);
      await mustRun('rm', ['-rf', join(dir.path, 'data')], { timeoutMs: 60_000 });
    });

    await t.test(`${name}: standard output is full`, async () => {
      expectFailure(await inShell(words, '> /dev/full'), fullDevice);
      assert.deepEqual(await readdir(dir.path), ['s.db']);
    });
  }

  await t.test('ends with the right status when nobody can be told why', async () => {
    const missing = ['snapshot', 'status', join(dir.path, 'missing.db')];
    assert.equal((await inShell(missing, '2> /dev/full')).exitCode, 2);
    assert.equal((await inShell(commands.verify, '2> /dev/full')).exitCode, 0);
  });

  await t.test('restores files of 0600 in directories of 0700, whatever the umask', async () => {
    const words = [...commands.restore, '--wal-dir', join(dir.path, 'data/x/wal')];
    const result = await runHoldfastProcess(words, { umask: '000' });
    assert.equal(result.exitCode, 0, result.stderr);
    const tree = Object.entries(await readTree(dir.path)).filter(([path]) => path.startsWith('data'));
    assert.ok(tree.length > 6);
    for (const [path, entry] of tree) assert.match(entry, /^(directory 700$|file 600 )/, path);
  });
});
