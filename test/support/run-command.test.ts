import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import test from 'node:test';
import { CommandFailed, environment, mustRun, runCommand } from './run-command.ts';

const node = process.execPath;

test('output, exit status and input', async () => {
  const script = 'process.stdin.pipe(process.stdout); console.error("note"); process.exitCode = 3';
  const result = await runCommand(node, ['-e', script], { timeoutMs: 60_000, stdin: Uint8Array.of(0, 255) });
  assert.deepEqual([result.exitCode, result.signal, result.stderr], [3, null, 'note\n']);
  assert.deepEqual([...result.stdoutBytes], [0, 255]);
});

test('a command that does not end in time is killed, and what it said is kept', async () => {
  // A shell has said it long before the time is over, however busy the machine is; Node may not have.
  const script = 'echo so far; exec sleep 1000';
  await assert.rejects(runCommand('sh', ['-c', script], { timeoutMs: 3000 }), (error: CommandFailed) => {
    assert.match(error.message, /is not done after 3000 ms/);
    assert.equal(error.result.stdout, 'so far\n');
    return true;
  });
});

test('a failure shows what was printed; a missing program is named', async () => {
  const failing = mustRun(node, ['-e', 'console.error("broken"); process.exit(4)'], { timeoutMs: 60_000 });
  await assert.rejects(failing, /ended with 4: broken/);
  await assert.rejects(
    runCommand('/no/such/program', [], { timeoutMs: 60_000 }),
    /cannot run \/no\/such\/program/,
  );
});

test('variables that steer etcd or holdfast are not passed on unless given', () => {
  const names = ['ETCDCTL_ENDPOINTS', 'ETCD_NAME', 'HOLDFAST_MEMORY_DIR', 'ETCDCTL_API'];
  const before = names.map((name) => process.env[name]);
  for (const name of names) process.env[name] = 'inherited';
  try {
    const env = environment({ ETCDCTL_API: '3', PATH: undefined });
    const memory = env['HOLDFAST_MEMORY_DIR'] ?? '';
    assert.ok(memory.startsWith(tmpdir()), `holdfast remembers in ${memory}, not on the real host`);
    assert.deepEqual(
      names.map((name) => env[name]),
      [undefined, undefined, memory, '3'],
    );
    assert.equal('PATH' in env, false);
    assert.equal(env['HOME'], process.env['HOME']);
  } finally {
    names.forEach((name, index) => {
      const value = before[index];
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    });
  }
});
