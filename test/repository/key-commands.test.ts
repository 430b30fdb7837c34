import assert from 'node:assert/strict';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { utf8 } from '../../src/base/index.ts';
import { buildDatabase } from '../support/build-database.ts';
import { hexRow, tinyRows } from '../support/memory-store.ts';
import { type CliRunOptions, runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { type Env, type Json, makeRepository, run } from './repository-commands.ts';

let dir: Awaited<ReturnType<typeof tempDir>>;
before(async () => {
  dir = await tempDir('keys');
});
after(() => dir[Symbol.asyncDispose]());

async function keysOf(env: Env): Promise<Json[]> {
  return (await run(env, 0, 'repo', 'key', 'list'))['keys'] as Json[];
}

/** A repository that a key file opens; `withKey` opens it with another one. */
async function makeKeyedRepository(name: string) {
  const { location, env } = await makeRepository(dir.path, name);
  const at = { HOLDFAST_REPOSITORY: location };
  const [first] = await keysOf(env);
  const withKey = (path: string) => ({ ...at, HOLDFAST_KEY_FILE: path });
  return {
    location,
    env,
    at,
    withKey,
    path: (file: string) => join(dir.path, `${name}-${file}`),
    first: first!,
  };
}

/** A small database; with `more`, the same one a revision later. */
async function makeDatabase(name: string, more = false): Promise<string> {
  const path = join(dir.path, name);
  const later = hexRow('00000000000000075f0000000000000000', '0a01781006180720022a0132');
  const rows = more ? { ...tinyRows, key: [...tinyRows['key']!, later] } : tinyRows;
  const buckets = Object.entries(rows).map(([bucket, items]) => ({ name: utf8(bucket), items }));
  await writeFile(path, buildDatabase(buckets));
  return path;
}

test('a node with a key that only writes makes a backup that it cannot read', async () => {
  const { env, withKey, path } = await makeKeyedRepository('node');
  const nodeKey = path('node.key');
  const added = await run(
    env,
    0,
    ...['repo', 'key', 'add', '--new-key-file', nodeKey, '--allow', 'write', '--label', 'cp1'],
  );
  assert.deepEqual([added['allows'], added['kind'], added['path']], [['write'], 'key-file', nodeKey]);
  assert.equal((await stat(nodeKey)).mode & 0o777, 0o600);
  const node = withKey(nodeKey);
  const { id } = await run(node, 0, 'backup', 'create', await makeDatabase('node.db'), '--skip-hash-check');
  const out = path('fetched.db');
  await run(node, 4, 'backup', 'fetch', String(id), out);
  await run(env, 0, 'backup', 'fetch', String(id), out);
  await run(node, 4, 'repo', 'key', 'add', '--new-key-file', path('more.key'), '--allow', 'read');
  await assert.rejects(stat(path('more.key')), { code: 'ENOENT' }, 'no key file without a key');
  await run(node, 4, 'repo', 'key', 'rotate');
});

test('a key file that exists is not touched, and no key is added', async () => {
  const { env, path } = await makeKeyedRepository('exists');
  await writeFile(path('taken'), 'mine');
  await run(env, 4, 'repo', 'key', 'add', '--new-key-file', path('taken'));
  assert.equal(await readFile(path('taken'), 'utf8'), 'mine');
  assert.equal((await keysOf(env)).length, 1);
});

test('a repository can be made with a key file that is made for it', async () => {
  const [location, keyFile] = [join(dir.path, 'made'), join(dir.path, 'made.key')];
  const at = { HOLDFAST_REPOSITORY: location };
  const made = await run(at, 0, 'repo', 'init', '--new-key-file', keyFile);
  assert.equal(made['keyFile'], keyFile);
  await run({ ...at, HOLDFAST_KEY_FILE: keyFile }, 0, 'backup', 'list');
  await run(at, 4, 'repo', 'init', '--new-key-file', join(dir.path, 'again.key'));
  await assert.rejects(stat(join(dir.path, 'again.key')), { code: 'ENOENT' });
});

test('age recipients open it with their identities', async () => {
  const { env, at, path } = await makeKeyedRepository('age');
  const identity = 'AGE-SECRET-KEY-1A694AYSSGJN5MJQVPY9MNV4FDCCA0VLEN2NCDL7JP3AX7W8MYVXS68CGRL';
  const recipient = 'age1ys09qxkzr8lm4l3kadyhaqmpkk55tpdye4zln8a86rzntdzj2s3qqzn290';
  await run(env, 2, 'repo', 'key', 'add', '--recipient', 'age1nobody');
  await run(env, 2, 'repo', 'key', 'add', '--recipient', recipient, '--allow', 'everything');
  const added = await run(env, 0, 'repo', 'key', 'add', '--recipient', recipient, '--allow', 'read');
  assert.deepEqual(added['recipients'], [recipient]);
  assert.deepEqual(added['allows'], ['write', 'read']);
  await writeFile(path('identity'), `# created\n${identity}\n`, { mode: 0o600 });
  const reader = { ...at, HOLDFAST_IDENTITY_FILE: path('identity') };
  assert.deepEqual((await run(reader, 0, 'backup', 'list'))['backups'], []);
  await run(reader, 4, 'repo', 'key', 'rotate');
  await run(env, 0, 'repo', 'key', 'add', '--recipient', recipient);
  const rotated = await run(reader, 0, 'repo', 'key', 'rotate');
  assert.equal(rotated['generation'], 2);
  assert.equal(rotated['replaced'], undefined, 'others may have the same key');
  assert.equal((await keysOf(env)).length, 4);
});

test('keys are listed without a key, and as plain text', async () => {
  const { env, at, first } = await makeKeyedRepository('list');
  await run(
    env,
    0,
    'repo',
    'key',
    'add',
    '--new-key-file',
    join(dir.path, 'x.key'),
    '--label',
    'a\u001b[2Jb',
  );
  const listed = await runHoldfast(['repo', 'key', 'list'], { env: at });
  assert.equal(listed.exitCode, 0, listed.stderr);
  const [header, ...rows] = listed.stdout.trimEnd().split('\n');
  assert.match(header!, /^ID +KIND +ALLOWS +GENERATION +CREATED +LABEL$/);
  assert.equal(rows.length, 2);
  assert.ok(rows.some((row) => /key file +write, read, bundle +1 +20.* first$/.test(row)));
  assert.ok(rows.some((row) => row.endsWith('a\u{FFFD}[2Jb')));
  assert.ok(rows.some((row) => row.startsWith(String(first['id']))));
  const nowhere = await runHoldfast(['repo', 'key', 'list', '--repo', dir.path], {});
  assert.equal(nowhere.exitCode, 4);
  assert.match(nowhere.stderr, /there is no repository/);
});

test('a key that was removed does not open; the one in use and the last reader stay', async () => {
  const { env, withKey, path, first } = await makeKeyedRepository('remove');
  const second = path('second.key');
  const { id } = await run(env, 0, 'repo', 'key', 'add', '--new-key-file', second);
  const inUse = await runHoldfast(['repo', 'key', 'remove', String(first['id'])], { env });
  assert.equal(inUse.exitCode, 4);
  assert.match(inUse.stderr, /was opened with key/);
  const writer = path('writer.key');
  await run(env, 0, 'repo', 'key', 'add', '--new-key-file', writer, '--allow', 'write');
  await run(env, 4, 'repo', 'key', 'remove', 'none');
  assert.deepEqual(await run(env, 0, 'repo', 'key', 'remove', String(id).slice(0, 10)), { removed: id });
  const last = await runHoldfast(['repo', 'key', 'remove', String(first['id'])], { env: withKey(writer) });
  assert.equal(last.exitCode, 4);
  assert.match(last.stderr, /is the last one that reads/);
  const gone = await runHoldfast(['backup', 'list'], { env: withKey(second) });
  assert.equal(gone.exitCode, 4);
  assert.equal(gone.stderr.split('\n')[0], 'Error: no key of the repository opens with this key file');
});

test('a passphrase is changed at the terminal, and only the new one opens', async () => {
  const location = join(dir.path, 'passwd');
  const at = { HOLDFAST_REPOSITORY: location };
  const old = { ...at, HOLDFAST_PASSPHRASE: 'old one' };
  await run(old, 0, 'repo', 'init');
  const asked: string[] = [];
  const answering = (...answers: string[]): CliRunOptions => ({
    env: at,
    askSecret(prompt) {
      asked.push(prompt);
      return Promise.resolve(answers.shift() ?? '');
    },
  });
  const mistyped = await runHoldfast(['repo', 'key', 'passwd'], answering('old one', 'new', 'knew'));
  assert.equal(mistyped.exitCode, 2);
  const changed = await runHoldfast(['repo', 'key', 'passwd'], answering('old one', 'new', 'new'));
  assert.equal(changed.exitCode, 0, changed.stderr);
  assert.match(
    changed.stdout,
    /^Changed the passphrase: key [0-9a-f]{16} \(passphrase: write, read, bundle\)/,
  );
  assert.deepEqual(asked.slice(0, 3), ['Passphrase of the repository: ', 'New passphrase: ', 'Once more: ']);
  assert.equal((await keysOf(at)).length, 1);
  await run(old, 4, 'backup', 'list');
  await run({ ...at, HOLDFAST_PASSPHRASE: 'new' }, 0, 'backup', 'list');
  const env = { ...at, HOLDFAST_PASSPHRASE: 'new', HOLDFAST_NEW_PASSPHRASE: '' };
  await run(env, 2, 'repo', 'key', 'passwd');
  await run({ ...at, HOLDFAST_KEY_FILE: '/nowhere' }, 2, 'repo', 'key', 'passwd');
  await run(env, 2, 'repo', 'key', 'add', '--new-passphrase-file', 'x', '--recipient', 'y');
});

test('after a rotation the removed reader reads nothing new, and a node writes on', async () => {
  const { env, withKey, path, first } = await makeKeyedRepository('rotate');
  const create = async (as: Env, more = false) => {
    const database = await makeDatabase('rotate.db', more);
    return String((await run(as, 0, 'backup', 'create', database, '--skip-hash-check'))['id']);
  };
  const [leaver, node] = [path('leaver.key'), path('node.key')];
  await run(env, 0, 'repo', 'key', 'add', '--new-key-file', leaver, '--label', 'leaver');
  await run(env, 0, 'repo', 'key', 'add', '--new-key-file', node, '--allow', 'write');
  const before = await create(env);
  const rotated = await run(env, 0, 'repo', 'key', 'rotate');
  assert.equal(rotated['generation'], 2);
  assert.equal(rotated['replaced'], first['id']);
  assert.deepEqual(
    (rotated['left'] as Json[]).map(({ label }) => label),
    ['leaver'],
  );
  const afterwards = await create(withKey(node), true);
  for (const [as, id, status] of [
    [env, before, 0],
    [env, afterwards, 0],
    [withKey(leaver), before, 0],
    [withKey(leaver), afterwards, 4],
  ] as const) {
    const out = path('out.db');
    await run(as, status, 'backup', 'fetch', id, out);
    await rm(out, { force: true });
  }
  const listed = await runHoldfast(['repo', 'key', 'list'], { env });
  assert.match(listed.stdout, /The keys were rotated: [0-9a-f]{16} reads nothing of generation 2/);
});

test('a sheet brings back what opens the repository, and keys that are gone only on request', async () => {
  const { env, at, location, path } = await makeKeyedRepository('sheet');
  const sheet = path('keys.txt');
  const other = await run(env, 0, 'repo', 'key', 'add', '--new-key-file', path('other.key'));
  const exported = await run(env, 0, 'repo', 'key', 'export', sheet);
  assert.equal((exported['objects'] as string[]).length, 3);
  assert.equal((await stat(sheet)).mode & 0o777, 0o600);
  assert.doesNotMatch(await readFile(sheet, 'utf8'), /holdfast-key-1:/);
  const again = await runHoldfast(['repo', 'key', 'export', sheet], { env });
  assert.deepEqual([again.exitCode, again.stderr.includes('--force')], [4, false]);
  assert.match(again.stderr, /^Error: \S+ exists already\nhint: .*never replaced/);
  assert.deepEqual((await run(env, 0, 'repo', 'key', 'import', sheet))['restored'], []);
  await run(env, 0, 'repo', 'key', 'remove', String(other['id']));
  const config = await readFile(join(location, 'config'));
  await rm(join(location, 'config'));
  await run(env, 4, 'backup', 'list');
  const partly = await run(env, 0, 'repo', 'key', 'import', sheet);
  assert.deepEqual(partly['restored'], ['config']);
  assert.deepEqual(partly['left'], [`keys/${String(other['id'])}`]);
  assert.deepEqual(await readFile(join(location, 'config')), config);
  const whole = await run(env, 0, 'repo', 'key', 'import', sheet, '--all-keys');
  assert.deepEqual(whole['restored'], [`keys/${String(other['id'])}`]);
  // Somebody changed the config in the store: nothing opens, until it is put back.
  await rm(join(location, 'config'));
  await writeFile(join(location, 'config'), config.toString().replace(/Key": "..../, 'Key": "AAAA'));
  await run(env, 3, 'backup', 'list');
  assert.deepEqual((await run(env, 0, 'repo', 'key', 'import', sheet))['replaced'], ['config']);
  await run(env, 0, 'backup', 'list');
  await run({ ...at, HOLDFAST_PASSPHRASE: 'x' }, 4, 'repo', 'key', 'import', sheet);
});

test('a sheet that was changed, or of another repository, touches nothing', async () => {
  const { env, location, path } = await makeKeyedRepository('forged');
  const sheet = path('keys.txt');
  await run(env, 0, 'repo', 'key', 'export', sheet);
  const text = await readFile(sheet, 'utf8');
  await rm(join(location, 'config'));
  for (const [changed, status] of [
    [text.replace(/PublicKey": "..../, 'PublicKey": "AAAA'), 3],
    [text.replace('BEGIN config', 'BEGIN ../config'), 2],
    [text.replace(/-----END config-----[^]*$/, ''), 2],
    ['a letter', 2],
  ] as const) {
    assert.notEqual(changed, text);
    await writeFile(sheet, changed);
    await run(env, status, 'repo', 'key', 'import', sheet);
  }
  assert.deepEqual(
    (await readdir(location)).filter((name) => !name.startsWith('.')),
    ['keys'],
  );
  await writeFile(sheet, text);
  const another = await makeKeyedRepository('another');
  await run({ ...another.at, HOLDFAST_KEY_FILE: env.HOLDFAST_KEY_FILE }, 4, 'repo', 'key', 'import', sheet);
});

test('a sheet with a key opens the repository by itself, and is not shown on a terminal', async () => {
  const { env, location, path, withKey } = await makeKeyedRepository('paper');
  const printed = await runHoldfast(['repo', 'key', 'export', '-', '--with-key'], { env });
  assert.equal(printed.exitCode, 0, printed.stderr);
  const shown = await runHoldfast(['repo', 'key', 'export', '-', '--with-key'], { env, isTerminal: true });
  assert.equal(shown.exitCode, 2);
  assert.equal((await keysOf(env)).length, 2, 'no key was added');
  const line = /^holdfast-key-1:.*$/m.exec(printed.stdout)![0];
  await writeFile(path('typed.key'), line, { mode: 0o600 });
  await run(withKey(path('typed.key')), 0, 'backup', 'list');
  await writeFile(path('sheet'), printed.stdout);
  await rm(join(location, 'config'));
  await rm(join(location, 'keys'), { recursive: true });
  const { restored } = await run(
    { HOLDFAST_REPOSITORY: location },
    0,
    'repo',
    'key',
    'import',
    path('sheet'),
  );
  assert.equal((restored as string[]).length, 3);
  await run(env, 0, 'backup', 'list');
  await run(
    env,
    0,
    'repo',
    'key',
    'remove',
    String((await keysOf(env)).find(({ label }) => label === 'key sheet')!['id']),
  );
  await run(withKey(path('typed.key')), 4, 'backup', 'list');
});
