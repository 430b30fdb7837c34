import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { runCommand } from './run-command.ts';
import { startProcess } from './started-process.ts';
import { tempDir } from './temp-dir.ts';

const stubborn = 'process.on("SIGTERM", () => {}); console.log("up"); setInterval(() => {}, 1000)';

test('a program that ignores the request to stop is killed', async () => {
  await using dir = await tempDir('process');
  const logFile = join(dir.path, 'log');
  const child = await startProcess(process.execPath, ['-e', stubborn], { logFile });
  await until(async () => (await readFile(logFile, 'utf8')).includes('up'));
  assert.equal(child.ended, undefined);
  await child.stop(100);
  assert.equal(child.ended, 'signal SIGKILL');
});

test('a program that cannot be started says so', async () => {
  await using dir = await tempDir('process');
  const child = startProcess('/no/such/program', [], { logFile: join(dir.path, 'log') });
  await assert.rejects(async () => {
    const started = await child;
    await started.whenEnded;
    throw new Error(`ended with ${started.ended ?? 'nothing'}`);
  }, /ENOENT|exit status 127/);
});

for (const ending of [
  'throw new Error("test died")',
  'process.kill(process.pid, "SIGTERM")',
  'process.exit(0)',
]) {
  test(`nothing stays behind after ${ending}`, async () => {
    await using dir = await tempDir('process');
    const script = `
      import { startProcess } from ${JSON.stringify(join(import.meta.dirname, 'started-process.ts'))};
      const child = await startProcess(process.execPath, ['-e', 'setInterval(() => {}, 1000)'],
        { logFile: ${JSON.stringify(join(dir.path, 'log'))} });
      console.log(child.pid);
      ${ending};
    `;
    const result = await runCommand(process.execPath, ['--input-type=module', '-e', script], {
      timeoutMs: 60_000,
    });
    const pid = Number(result.stdout);
    assert.ok(pid > 0, result.stderr);
    await until(async () => !(await isAlive(pid)));
  });
}

/** False for a zombie too: it has ended, and only waits for whoever inherited it to take notice. */
async function isAlive(pid: number): Promise<boolean> {
  const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return /\) [^ZX] /.test(state);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, 'not within a minute');
    await delay(20);
  }
}
