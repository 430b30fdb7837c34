import { glob, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from 'node:test';
import { pathToFileURL } from 'node:url';
import { bringInKubeApiserver, bringInPeers, bringInVersitygw } from '../test/peers/index.ts';
import { type TestEvent, type TestTally, reportTests } from '../test/support/reporter.ts';

/**
 * Runs the tests: `node scripts/test.ts [FILE | DIRECTORY]...`, all of `src/` and `test/` by default. The real etcd
 * programs are brought in first, so that test files running side by side do not all wait for them.
 */
const patience = process.env['HOLDFAST_SOAK'] === '1' ? 8 : 1;
const testTimeoutMs = 540_000 * patience;
const fileTimeoutMs = 600_000 * patience;
const root = resolve(import.meta.dirname, '..');

async function testFiles(paths: readonly string[]): Promise<string[]> {
  const files = new Set<string>();
  for (const path of paths) {
    const info = await stat(path);
    if (!info.isDirectory()) files.add(resolve(path));
    else for await (const name of glob('**/*.test.ts', { cwd: path })) files.add(resolve(path, name));
  }
  return [...files].sort();
}

const named = process.argv.slice(2);
const files = await testFiles(named.length > 0 ? named : [join(root, 'src'), join(root, 'test')]);
await bringInPeers(console.log);
// It takes minutes the first time, and few files ask for it.
if (named.length === 0) {
  await bringInKubeApiserver(console.log);
  await bringInVersitygw(console.log);
}
console.log('');
const tally: TestTally = { passed: 0, failed: 0, skipped: 0 };
const watchdog = pathToFileURL(join(root, 'test', 'support', 'file-watchdog.ts'));
watchdog.searchParams.set('limitMs', String(fileTimeoutMs));
const events = run({
  files,
  // Many tests mostly wait for servers: one file more than there are cores keeps the cores busy.
  concurrency: availableParallelism() + 1,
  timeout: testTimeoutMs,
  execArgv: ['--import', watchdog.href],
}) as AsyncIterable<TestEvent>;
for await (const text of reportTests(events, tally)) process.stdout.write(text);
// A run that ran nothing has shown nothing.
process.exitCode = tally.failed > 0 || tally.passed === 0 ? 1 : 0;
