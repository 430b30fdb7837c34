import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { startProcess } from '../../test/support/started-process.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { eventually } from '../../test/support/waiting.ts';
import { openLocalHost } from './local-host.ts';

/** A root whose /proc holds these processes. */
async function fakeProc(processes: Readonly<Record<string, Readonly<Record<string, string>>>>) {
  const dir = await tempDir('fake-proc');
  for (const [pid, files] of Object.entries(processes)) {
    await mkdir(join(dir.path, 'proc', pid), { recursive: true });
    for (const [name, text] of Object.entries(files))
      await writeFile(join(dir.path, 'proc', pid, name), text);
  }
  return dir;
}

/** As the kernel writes it, with fields that do not matter here set to 7. */
function statLine(name: string, parentPid: number, startTime: bigint): string {
  return `9 (${name}) S ${[parentPid, ...Array<number>(17).fill(7), startTime, 7, 7].join(' ')}\n`;
}

describe('processes', () => {
  test('argv, environment, parent and start time from a proc directory', async () => {
    await using dir = await fakeProc({
      '812': {
        cmdline: 'etcd\0--name\0\0--data-dir=/x y\0',
        environ: 'A=1\0B==2=\nx\0EMPTY=\0broken\0',
        stat: statLine('a) S 1 (b', 40, 2n ** 63n),
      },
      '2': { cmdline: '', stat: statLine('kthreadd', 0, 0n) },
      '90': { cmdline: 'no end' },
      acpi: {},
      '7': {},
    });
    const host = openLocalHost({ root: dir.path });
    const found = await host.processes();
    assert.deepEqual(
      found.map(({ pid, parentPid, argv, startTime }) => ({ pid, parentPid, argv, startTime })),
      [
        { pid: 2, parentPid: 0, argv: [], startTime: 0n },
        { pid: 90, parentPid: 0, argv: ['no end'], startTime: 0n },
        { pid: 812, parentPid: 40, argv: ['etcd', '--name', '', '--data-dir=/x y'], startTime: 2n ** 63n },
      ],
      'a directory without a command line is a process that has gone',
    );
    assert.deepEqual(await found[2]!.environment(), { A: '1', B: '=2=\nx', EMPTY: '' });
    assert.equal(await found[1]!.environment(), undefined);
    await rm(join(dir.path, 'proc/812'), { recursive: true });
    assert.equal(await found[2]!.environment(), undefined, 'gone since');
  });

  test('of this machine: a real process with its arguments, until it has gone', async () => {
    await using root = await tempDir('real-proc');
    await symlink('/proc', join(root.path, 'proc'));
    const host = openLocalHost({ root: root.path });
    const env = { HOLDFAST_TEST_MARK: 'a=b\nc' };
    const child = spawn('sleep', ['600', '0'], { env: { ...process.env, ...env }, stdio: 'ignore' });
    try {
      await once(child, 'spawn');
      const find = async () => (await host.processes()).find(({ pid }) => pid === child.pid);
      const found = await eventually(60_000, 'the process shows its program', async () => {
        const candidate = await find();
        return candidate?.argv[0] === 'sleep' ? candidate : undefined;
      });
      assert.deepEqual(found.argv, ['sleep', '600', '0']);
      assert.equal(found.parentPid, process.pid);
      assert.equal((await found.environment())?.['HOLDFAST_TEST_MARK'], 'a=b\nc');
      assert.equal(found.startTime, (await find())?.startTime, 'the start does not change');
      const own = (await host.processes()).find(({ pid }) => pid === process.pid);
      assert.ok(own !== undefined && own.startTime > 0n && own.startTime <= found.startTime);
      child.kill('SIGKILL');
      await once(child, 'exit');
      assert.equal(await find(), undefined);
      assert.equal(await found.environment(), undefined);
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('the root / has the processes of this machine, those that come and go included', async () => {
    const host = openLocalHost();
    const busy = spawn('sh', ['-c', 'for i in $(seq 200); do /bin/true; done']);
    const ended = once(busy, 'exit');
    for (let i = 0; i < 5; i++) assert.ok((await host.processes()).some(({ pid }) => pid === process.pid));
    await ended;
  });
});

describe('holders of a file', () => {
  test('are found by what the file is, not by its name, until they let go', async () => {
    await using dir = await tempDir('holders');
    const host = openLocalHost();
    const path = join(dir.path, 'db');
    await writeFile(path, 'x');
    await writeFile(join(dir.path, 'other'), 'x');
    assert.deepEqual(await host.holdersOf(path), []);
    const handle = await open(path, 'r');
    assert.deepEqual(await host.holdersOf(path), [process.pid]);
    await rename(path, join(dir.path, 'moved'));
    await symlink('moved', join(dir.path, 'link'));
    assert.deepEqual(await host.holdersOf(join(dir.path, 'link')), [process.pid]);
    assert.deepEqual(await host.holdersOf(path), []);
    assert.deepEqual(await host.holdersOf(join(dir.path, 'other')), []);
    await handle.close();
    assert.deepEqual(await host.holdersOf(join(dir.path, 'moved')), []);
  });

  test('another process is found too', async () => {
    await using dir = await tempDir('holders');
    const path = join(dir.path, 'db');
    await writeFile(path, '');
    const logFile = join(dir.path, 'log');
    await using child = await startProcess('tail', ['-f', path], { logFile });
    const host = openLocalHost();
    const pids = await eventually(60_000, 'tail has the file open', async () => {
      const found = await host.holdersOf(path);
      return found.length > 0 ? found : undefined;
    });
    assert.deepEqual(pids, [child.pid]);
    await child.stop();
    assert.deepEqual(await host.holdersOf(path), []);
  });

  test('the table of locks shows who hides its open files', async () => {
    await using dir = await tempDir('holders');
    const real = openLocalHost();
    const path = join(dir.path, 'db');
    await writeFile(path, '');
    const logFile = join(dir.path, 'log');
    await using child = await startProcess('flock', ['--no-fork', path, 'sleep', '600'], { logFile });
    // The same table, and nothing else of /proc. It is opened before it is locked.
    const locks = await eventually(60_000, 'the file is locked', async () => {
      const table = await readFile('/proc/locks', 'utf8');
      return new RegExp(` ${child.pid} `).test(table) ? table : undefined;
    });
    assert.deepEqual(await real.holdersOf(path), [child.pid]);
    await mkdir(join(dir.path, 'proc'));
    await writeFile(join(dir.path, 'proc/locks'), locks);
    assert.deepEqual(await openLocalHost({ root: dir.path }).holdersOf('/db'), [child.pid]);
    assert.deepEqual(await openLocalHost({ root: dir.path }).holdersOf('/log'), []);
  });
});
