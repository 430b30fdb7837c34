import assert from 'node:assert/strict';
import { copyFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { mustRun } from '../../test/support/run-command.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { eventually, within } from '../../test/support/waiting.ts';
import { hasCode } from '../base/index.ts';
import type { CommandOptions, CommandResult } from './command.ts';
import { openLocalHost } from './local-host.ts';

const generousMs = 60_000;

async function run(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const result = await within(generousMs, argv.join(' '), openLocalHost().run(argv, options));
  assert.ok(result !== undefined);
  return result;
}

/** Whether a process lives that has this argument. */
async function lives(mark: string): Promise<boolean> {
  return (await openLocalHost().processes()).some(({ argv }) => argv.includes(mark));
}

describe('running a program of this host', () => {
  test('arguments, input, outputs and exit status go through as they are', async () => {
    const script = 'cat; printf "%s|" "$@"; printf err >&2; exit 3';
    const args = ['a b', '', "it's", 'ü\n"$HOME"'];
    const stdin = new TextEncoder().encode('in\n');
    assert.deepEqual(await run(['sh', '-c', script, 'sh', ...args], { stdin }), {
      exitCode: 3,
      signal: null,
      stdout: `in\n${args.join('|')}|`,
      stderr: 'err',
      isTruncated: false,
    });
  });

  test('a missing program is undefined, one that may not be run an error', async () => {
    await using dir = await tempDir('run');
    const host = openLocalHost();
    assert.equal(await host.run(['holdfast-no-such-program', 'x']), undefined);
    await writeFile(join(dir.path, 'plain'), 'x');
    await assert.rejects(host.run([join(dir.path, 'plain')]), (error) => {
      assert.ok(hasCode(error, 'HOST_COMMAND_FAILED'));
      assert.match(error.message, /^cannot start .*plain: EACCES$/);
      return true;
    });
    await assert.rejects(host.run(['true', 'a\0b']), (error) => hasCode(error, 'HOST_COMMAND_FAILED'));
    await assert.rejects(host.run(['true', 'x'.repeat(8 << 20)]), (error) =>
      hasCode(error, 'HOST_COMMAND_FAILED'),
    );
  });

  test('a signal is told from a status, and unread input is no failure', async () => {
    const stdin = new Uint8Array(4 << 20);
    const { exitCode, signal } = await run(['sh', '-c', 'kill -KILL $$'], { stdin });
    assert.deepEqual([exitCode, signal], [null, 'SIGKILL']);
  });

  test('of much output the first part of stdout and the last of stderr are kept', async () => {
    const script =
      'head -c 3000000 /dev/zero | tr "\\0" x; (head -c 3000000 /dev/zero | tr "\\0" y; echo end) >&2';
    const result = await run(['sh', '-c', `echo start; ${script}`], { maxOutputBytes: 100_000 });
    assert.deepEqual([result.stdout.length, result.stderr.length], [100_000, 100_000]);
    assert.ok(result.stdout.startsWith('start\nxxx') && result.stderr.endsWith('yyyend\n'));
    assert.equal(result.isTruncated, true);
    assert.equal((await run(['echo', 'x'], { maxOutputBytes: 2 })).isTruncated, false);
  });

  test('after its time it is stopped, whatever it started too, even when it will not listen', async () => {
    const mark = `holdfast-mark-${process.pid}-timeout`;
    const script = "trap '' TERM; sh -c 'while :; do sleep 1; done' $0; sleep 600";
    const running = openLocalHost().run(['sh', '-c', script, mark], { timeoutMs: 500 });
    await assert.rejects(within(generousMs, 'the time limit', running), (error) => {
      assert.ok(hasCode(error, 'TIMEOUT'));
      assert.equal(error.message, 'sh: not done after 500 ms');
      return true;
    });
    await eventually(generousMs, 'nothing is left of it', async () =>
      (await lives(mark)) ? undefined : true,
    );
  });

  test('an abort stops it; one before the start starts nothing', async () => {
    const controller = new AbortController();
    const mark = `holdfast-mark-${process.pid}-abort`;
    const argv = ['sh', '-c', 'sleep 600; true', mark];
    const running = openLocalHost().run(argv, { signal: controller.signal });
    const outcome = assert.rejects(running, (error) => hasCode(error, 'INTERRUPTED'));
    await eventually(generousMs, 'it runs', async () => ((await lives(mark)) ? true : undefined));
    controller.abort();
    await within(generousMs, 'the end', outcome);
    await assert.rejects(openLocalHost().run(argv, { signal: controller.signal }), (error) =>
      hasCode(error, 'INTERRUPTED'),
    );
    await eventually(generousMs, 'nothing is left of it', async () =>
      (await lives(mark)) ? undefined : true,
    );
  });

  test('a daemon that keeps its output open is not waited for', async () => {
    const result = await run(['sh', '-c', 'sleep 600 & echo $!']);
    try {
      assert.equal(result.exitCode, 0);
      assert.ok(await openLocalHost().stat(`/proc/${result.stdout.trim()}`), 'and it lives on');
    } finally {
      process.kill(Number(result.stdout));
    }
  });
});

describe('running a program under another root', () => {
  const isRoot = process.getuid?.() === 0;
  test('finds it there, not here', { skip: isRoot ? false : 'only root may change the root' }, async () => {
    await using dir = await tempDir('chroot');
    const host = openLocalHost({ root: dir.path });
    assert.equal(await host.run(['ls']), undefined, 'nothing there');
    await mkdir(join(dir.path, 'usr/sbin'), { recursive: true });
    await writeFile(join(dir.path, 'usr/sbin/ls'), 'not to be run');
    assert.equal(await host.run(['ls']), undefined, 'a file, but no program');
    await copyProgram('/bin/ls', join(dir.path, 'opt/tools/ls'), dir.path);
    await rm(join(dir.path, 'usr/sbin/ls'));
    await symlink('/opt/tools/ls', join(dir.path, 'usr/sbin/ls'));
    const result = await host.run(['ls', '/usr', '/opt']);
    assert.equal(result?.stdout, '/opt:\ntools\n\n/usr:\nsbin\n', result?.stderr);
    const failed = await host.run(['ls', '/none']);
    assert.equal(failed?.exitCode, 2);
  });

  test('says so when the root cannot be changed', {
    skip: isRoot ? 'only root may, and is root' : false,
  }, async () => {
    await using dir = await tempDir('chroot');
    await copyProgram('/bin/ls', join(dir.path, 'bin/ls'), dir.path);
    await assert.rejects(openLocalHost({ root: dir.path }).run(['ls']), (error) => {
      assert.ok(hasCode(error, 'HOST_COMMAND_FAILED'));
      assert.match(error.message, /chroot: .*not permitted/);
      return true;
    });
  });
});

/** Copies a program of this machine, and the libraries that it needs to the same places under a root. */
async function copyProgram(program: string, target: string, root: string): Promise<void> {
  const { stdout } = await mustRun('ldd', [program], { timeoutMs: 60_000 });
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1]!);
  const copies = [[program, target], ...libraries.map((path) => [path, join(root, path)])] as const;
  for (const [from, to] of copies) {
    await mkdir(dirname(to), { recursive: true });
    await copyFile(from, to);
  }
}
