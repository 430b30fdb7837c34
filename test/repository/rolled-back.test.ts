/** A store that goes back: as a whole, in one directory, or by keeping the newest record back. */
import assert from 'node:assert/strict';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { utf8 } from '../../src/base/index.ts';
import { formatKeyFile, generateFileKey } from '../../src/repository/index.ts';
import { buildDatabase } from '../support/build-database.ts';
import { memoryStore, rowsOf } from '../support/memory-store.ts';
import { MvccModel } from '../support/mvcc-model.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

let dir: Awaited<ReturnType<typeof tempDir>>;
let env: Readonly<Record<string, string>>;
let location: string;
/** The host whose memory counts. */
let root: string;
const ids: string[] = [];

async function run(exitCode: number, ...argv: readonly string[]) {
  const result = await runHoldfast([...argv, '-w', 'json'], { env, root });
  assert.equal(result.exitCode, exitCode, `${argv.join(' ')}: ${result.stderr}${result.stdout}`);
  const said = (result.stdout === '' ? {} : JSON.parse(result.stdout)) as Readonly<Record<string, unknown>>;
  return { said, stderr: result.stderr };
}

/** What is put back after each test. */
const whole = () => join(dir.path, 'whole');
const restore = async () => {
  await rm(location, { recursive: true });
  await cp(whole(), location, { recursive: true });
};

before(async () => {
  dir = await tempDir('rolled-back');
  location = join(dir.path, 'repository');
  root = join(dir.path, 'root');
  await mkdir(join(root, 'var/lib'), { recursive: true });
  const keyFile = join(dir.path, 'key');
  await writeFile(keyFile, formatKeyFile(generateFileKey()), { mode: 0o600 });
  env = { HOLDFAST_REPOSITORY: location, HOLDFAST_KEY_FILE: keyFile };
  await run(0, 'repo', 'init');
  const model = new MvccModel();
  for (let made = 0; made < 3; made++) {
    model.apply([{ key: `key ${made}`, value: 'x'.repeat(200) }]);
    const path = join(dir.path, `${made}.db`);
    const rows = Object.entries(rowsOf(memoryStore(model.store())));
    await writeFile(path, buildDatabase(rows.map(([name, items]) => ({ name: utf8(name), items }))));
    if (made === 2) await cp(location, join(dir.path, 'earlier'), { recursive: true });
    ids.push(String((await run(0, 'backup', 'create', path, '--skip-hash-check')).said['id']));
  }
  await cp(location, whole(), { recursive: true });
});
after(() => dir[Symbol.asyncDispose]());

test('nothing is said while nothing is gone, also after a forget', async () => {
  const { stderr } = await run(0, 'repo', 'check', '--read-data');
  assert.equal(stderr, '');
  await run(0, 'backup', 'forget', ids[0]!);
  assert.equal((await run(0, 'repo', 'check')).stderr, '');
  await restore();
});

test('the newest record, kept back, is missed on a host that has seen it', async () => {
  const newest = ids.at(-1)!;
  await rm(join(location, 'backups', newest));
  assert.match(
    (await run(0, 'backup', 'list')).stderr,
    new RegExp(`are gone and were not forgotten .*${newest}`),
  );
  const { said } = await run(3, 'repo', 'check');
  assert.deepEqual(said['brokenBackups'], [newest]);
  const findings = said['findings'] as { code: string; object: string }[];
  assert.deepEqual(
    findings.filter(({ code }) => code === 'record-missing').map(({ object }) => object),
    [`backups/${newest}`],
  );
  // A host that has seen nothing cannot know.
  const other = await runHoldfast(['backup', 'list'], { env });
  assert.equal(other.stderr, '');
  await restore();
  assert.equal((await run(0, 'repo', 'check')).stderr, '');
});

test('a host remembers where it is told to', async () => {
  const memory = { ...env, HOLDFAST_MEMORY_DIR: join(dir.path, 'memory') };
  const words = ['backup', 'list', '-w', 'json'];
  // One that is given empty counts as not given.
  assert.equal((await runHoldfast([...words, '--memory-dir='], { env: memory })).exitCode, 0);
  await assert.rejects(readdir(memory.HOLDFAST_MEMORY_DIR), { code: 'ENOENT' });
  await runHoldfast(words, { env: memory });
  assert.equal((await readdir(memory.HOLDFAST_MEMORY_DIR)).length, 1);
  await rm(join(location, 'backups', ids.at(-1)!));
  assert.match((await runHoldfast(words, { env: memory })).stderr, new RegExp(`forgotten .*${ids.at(-1)}`));
  assert.equal((await runHoldfast(words, { env })).stderr, '');
  await restore();
});

test('a store that went back as a whole is not taken for the present', async () => {
  await rm(location, { recursive: true });
  await cp(join(dir.path, 'earlier'), location, { recursive: true });
  const { stderr, said } = await run(3, 'repo', 'check', '--read-data');
  assert.match(stderr, new RegExp(`gone .*${ids.at(-1)}`));
  assert.deepEqual(said['brokenBackups'], [ids.at(-1)]);
  await restore();
});

test('a directory that went back hits the backups that came after it', async () => {
  for (const directory of ['backups', 'index', 'packs']) {
    await rm(join(location, directory), { recursive: true });
    await cp(join(dir.path, 'earlier', directory), join(location, directory), { recursive: true });
    const { said } = await run(3, 'repo', 'check');
    assert.deepEqual(said['brokenBackups'], [ids.at(-1)], directory);
    await run(0, 'backup', 'verify', ids[0]!, ids[1]!);
    await restore();
  }
  await run(0, 'backup', 'verify', ...ids);
});
