/** What `npm run build` makes: the program starts fast enough to tell, its scan threads work, the library is whole. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import packageJson from '../package.json' with { type: 'json' };
import { largeDatabase } from './support/large-database.ts';
import { runHoldfast } from './support/run-cli.ts';
import { mustRun, runCommand } from './support/run-command.ts';
import { tempDir } from './support/temp-dir.ts';

const root = join(import.meta.dirname, '..');

suite('the build', () => {
  // Inside the checkout, so that dependencies which stay outside are found.
  let dist = '';
  const program = () => join(dist, 'holdfast.js');
  const run = (...args: string[]) =>
    runCommand(process.execPath, [program(), ...args], { timeoutMs: 300_000 });

  before(async () => {
    await mkdir(join(root, '.cache'), { recursive: true });
    dist = await mkdtemp(join(root, '.cache', 'build-'));
    await mustRun(process.execPath, [join(root, 'scripts', 'build.ts'), dist], {
      timeoutMs: 300_000,
      cwd: root,
    });
  });
  after(() => rm(dist, { recursive: true, force: true }));

  test('the program runs as a file', async () => {
    assert.ok(((await stat(program())).mode & 0o111) !== 0, 'it is executable');
    assert.match(await readFile(program(), 'utf8'), /^#!\/usr\/bin\/env node\n/);
    assert.deepEqual(
      (await run('version')).stdout,
      (await runHoldfast(['version'])).stdout,
      'and it is the same program',
    );
    assert.equal((await run('get')).exitCode, 2);
  });

  test('an older Node is told what is missing, in one sentence', async () => {
    const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } });`;
    const words = ['--import', `data:text/javascript,${encodeURIComponent(older)}`, program(), 'version'];
    const result = await runCommand(process.execPath, words, { timeoutMs: 60_000 });
    assert.equal(result.exitCode, 4);
    assert.match(result.stderr, /^holdfast needs Node\.js 24 or newer, and this is v[\d.]+\.\n$/);
  });

  test('threads scan a large file from inside the bundle', async () => {
    await using dir = await tempDir('build-scan');
    const path = join(dir.path, 'large.db');
    await writeFile(path, largeDatabase());
    const bundled = await run('snapshot', 'status', path, '-w', 'json');
    assert.equal(bundled.exitCode, 0, bundled.stderr);
    assert.equal(bundled.stdout, (await runHoldfast(['snapshot', 'status', path, '-w', 'json'])).stdout);
  });

  test('the demo finds its stand-ins and its sample, and proves itself', async () => {
    const { exitCode, stdout, stderr } = await run('demo', '-w', 'json');
    assert.equal(exitCode, 0, stderr);
    assert.equal((JSON.parse(stdout) as { ok: boolean }).ok, true);
  });

  test('every subpath of the library is there, with its types, and they share their errors', async () => {
    for (const { default: target, types } of Object.values(packageJson.exports)) {
      const file = join(dist, target.replace('./dist/', ''));
      const names = `import(${JSON.stringify(file)}).then((lib) => console.log(Object.keys(lib).length))`;
      const { stdout } = await mustRun(process.execPath, ['--eval', names], { timeoutMs: 60_000 });
      assert.ok(Number(stdout) > 0, target);
      await stat(join(dist, types.replace('./dist/', '')));
    }
    const script = `
      const { HoldfastError, memorySource } = await import(${JSON.stringify(join(dist, 'lib', 'index.js'))});
      const { openDatabase } = await import(${JSON.stringify(join(dist, 'lib', 'bbolt.js'))});
      try { openDatabase(memorySource(new Uint8Array(9))); } catch (error) { console.log(error instanceof HoldfastError, error.code); }`;
    const { stdout } = await mustRun(process.execPath, ['--input-type=module', '--eval', script], {
      timeoutMs: 60_000,
    });
    assert.equal(stdout, 'true NOT_A_DATABASE\n');
  });
});
