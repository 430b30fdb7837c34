/** Commands that take a file take a backup of the repository in its place. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { commandSurface } from '../../src/cli/index.ts';
import { formatKeyFile, generateFileKey } from '../../src/repository/index.ts';
import { unpackSample } from '../support/kubernetes-samples.ts';
import { type CliRunOptions, runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

type Json = Readonly<Record<string, unknown>>;

let dir: Awaited<ReturnType<typeof tempDir>>;
let env: Readonly<Record<string, string>>;
/** The file that was backed up. */
let file: string;
let id: string;
/** Where copies lie meanwhile. */
let temporary: string;
const tmpdirBefore = process.env['TMPDIR'];

before(async () => {
  dir = await tempDir('backup-sources');
  temporary = join(dir.path, 'tmp');
  await mkdir(temporary);
  process.env['TMPDIR'] = temporary;
  const keyFile = join(dir.path, 'key');
  await writeFile(keyFile, formatKeyFile(generateFileKey()), { mode: 0o600 });
  env = { HOLDFAST_REPOSITORY: join(dir.path, 'repository'), HOLDFAST_KEY_FILE: keyFile };
  file = await unpackSample('shop-3.6', dir.path);
  await json('repo', 'init');
  id = String((await json('backup', 'create', file))['id']);
});
after(async () => {
  if (tmpdirBefore === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = tmpdirBefore;
  await dir[Symbol.asyncDispose]();
});

async function run(argv: readonly string[], exitCode = 0, options: CliRunOptions = {}) {
  const result = await runHoldfast(argv, { env, ...options });
  assert.equal(result.exitCode, exitCode, `${argv.join(' ')}: ${result.stderr}${result.stdout}`);
  return result;
}

async function json(...argv: readonly string[]): Promise<Json> {
  return JSON.parse((await run([...argv, '-w', 'json'])).stdout) as Json;
}

const isNothingLeft = async () => assert.deepEqual(await readdir(temporary), []);

test('a backup in place of its file gives the same answers, under its own name', async () => {
  const words = [
    ['snapshot', 'hashkv'],
    ['objects', 'list'],
    ['keys', 'list'],
  ] as const;
  for (const [group, verb] of words) {
    const rest = group === 'objects' ? ['-A'] : [];
    const ofFile = await json(group, verb, file, ...rest);
    const ofBackup = await json(group, verb, 'repo:latest', ...rest);
    const source = group === 'keys' ? { source: `repo:${id}` } : {};
    assert.deepEqual(ofBackup, { ...ofFile, ...source }, `${group} ${verb}`);
  }
  const [ofFile, ofBackup] = [
    await json('snapshot', 'status', file),
    await json('snapshot', 'status', `repo:${id.slice(0, 15)}`),
  ];
  assert.equal(ofBackup['hash'], ofFile['hash']);
  assert.equal(ofBackup['revision'], ofFile['revision']);
  assert.equal((await json('snapshot', 'verify', 'repo:2100-01-01T00:00'))['ok'], true);
  assert.equal((await run(['objects', 'diff', file, 'repo:latest'])).stdout, '');
  await isNothingLeft();
});

test('which backup was fetched is for the log file, and not between the answers', async () => {
  const log = join(dir.path, 'fetched.log');
  for (const words of [
    ['objects', 'list', 'repo:latest', 'nodes'],
    ['keys', 'list', 'repo:latest', '--count-only'],
  ]) {
    assert.equal((await run([...words, '--log-file', log])).stderr, '');
    assert.match(await readFile(log, 'utf8'), new RegExp(`fetched a backup\\t{"backup": "${id}"}\\n$`));
    await rm(log);
  }
});

test('a flag that names a file takes a backup as well', async () => {
  const impact = ['objects', 'impact'];
  const ofFiles = await json(...impact, file, '--against', file);
  const present = { ...(ofFiles['present'] as Json), source: `repo:${id}` };
  assert.deepEqual(await json(...impact, file, '--against', 'repo:latest'), { ...ofFiles, present });
  const both = await json(...impact, `repo:${id}`, '--against', 'repo:latest');
  assert.deepEqual([both['present'], (both['recovered'] as Json)['source']], [present, `repo:${id}`]);
  await run([...impact, file, '--against', 'repo:1999'], 4);
  await run([...impact, file, '--against', file, '--repo', dir.path], 2);
  const { stdout } = await run([...impact, '--help']);
  assert.match(stdout, /^SOURCE and --against may be a backup as well:$/m);
  await isNothingLeft();
});

test('a backup is restored, and drilled, by its name', async () => {
  const dataDir = join(dir.path, 'restored');
  await run(['snapshot', 'restore', 'repo:latest', '--data-dir', dataDir]);
  assert.ok((await stat(join(dataDir, 'member/snap/db'))).isFile());
  const drilled = await json('drill', 'repo:latest', '--embedded');
  assert.deepEqual([drilled['ok'], drilled['source']], [true, `repo:${id}`]);
  await isNothingLeft();
});

test('the copy is for its owner only, and goes when the command is interrupted', async () => {
  const stop = new AbortController();
  let seen: Promise<void> | undefined;
  const look = async () => {
    const [name] = await readdir(temporary);
    const directory = join(temporary, name!);
    assert.equal((await stat(directory)).mode & 0o777, 0o700);
    assert.equal((await stat(join(directory, `${id}.db`))).mode & 0o777, 0o600);
  };
  const served = await runHoldfast(['serve', 'repo:latest', '--listen', '127.0.0.1:0'], {
    env,
    signal: stop.signal,
    onStdout: (text) => {
      if (!text.includes('Ctrl-C ends it')) return;
      seen ??= look().finally(() => stop.abort());
    },
  });
  assert.equal(served.exitCode, 130, served.stderr);
  assert.match(served.stdout, new RegExp(`^Serving repo:${id} at `));
  await seen!;
  await isNothingLeft();
});

test('what a killed run has left is removed by the next one', async () => {
  const left = join(temporary, `holdfast-backup-${process.pid}-abcdef123456`);
  await mkdir(left);
  await run(['snapshot', 'hashkv', 'repo:latest']);
  await isNothingLeft();
});

test('a backup that is not there, or cannot be looked for, is one sentence', async () => {
  const missing = await run(['snapshot', 'status', 'repo:1999'], 4);
  assert.match(missing.stderr, /there is no backup "1999"/);
  assert.ok(missing.stderr.includes(id), 'the hint names what there is');
  await run(['snapshot', 'status', 'repo:latest-verified'], 4);
  await run(['snapshot', 'status', 'repo:2026-11-22'], 2);
  const nowhere = await run(['objects', 'list', 'repo:latest'], 2, { env: {} });
  assert.match(nowhere.stderr, /no repository was given/);
  await run(['snapshot', 'status', 'repo:latest'], 4, {
    env: { ...env, HOLDFAST_KEY_FILE: '', HOLDFAST_PASSPHRASE: 'wrong' },
  });
  // What fails later names the backup, not the copy.
  const failed = await run(['snapshot', 'hashkv', 'repo:latest', '--rev', '999999999'], 1);
  assert.ok(!failed.stderr.includes(temporary), failed.stderr);
  await isNothingLeft();
});

test('the flags of the repository are taken with a backup, and refused without one', async () => {
  const { HOLDFAST_REPOSITORY: location = '', HOLDFAST_KEY_FILE: keyFile = '' } = env;
  const flags = ['--repo', location, '--key-file', keyFile];
  await run(['snapshot', 'hashkv', 'repo:latest', ...flags], 0, { env: {} });
  await run(['snapshot', 'hashkv', file, ...flags], 2, { env: {} });
  // Who has two keys by mistake can still look at a file.
  await run(['snapshot', 'hashkv', file], 0, { env: { ...env, HOLDFAST_PASSPHRASE: 'x' } });
  const { stdout } = await run(['snapshot', 'status', '--help']);
  assert.match(stdout, /repo:latest-verified/);
  assert.ok(!stdout.includes('--s3-region'), 'they do not drown the others');
});

test('a file of such a name is reached by its path', async () => {
  const odd = join(dir.path, 'repo:latest');
  await rename(file, odd);
  try {
    await run(['snapshot', 'hashkv', odd], 0, { env: {} });
  } finally {
    await rename(odd, file);
  }
});

test('backups come first among the arguments that a command takes, and its flags have names of their own', () => {
  for (const { path, args = [], flags = {} } of commandSurface.commands) {
    const takes = args.map(({ takesBackup }) => takesBackup === true);
    assert.ok(
      !takes.includes(true) || !takes.slice(0, takes.lastIndexOf(true)).includes(false),
      path.join(' '),
    );
    const isTaking = Object.values(flags).some((flag) => 'takesBackup' in flag);
    if (!takes.includes(true) && !isTaking) continue;
    for (const name of ['repo', 'key-file', 'identity-file', 'passphrase-file', 'passphrase-command'])
      assert.ok(!(name in flags), `${path.join(' ')} --${name}`);
  }
});
