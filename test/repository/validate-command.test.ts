import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { operationContext } from '../../src/base/index.ts';
import { validateStorage } from '../../src/operations/validate-storage/index.ts';
import { contractChecks, faultyStorage, openMemoryStorage } from '../../src/storage/index.ts';
import { requireVersitygw } from '../peers/index.ts';
import { freePort } from '../support/free-ports.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { runCommand } from '../support/run-command.ts';
import { startS3Server } from '../support/s3-server.ts';
import { tempDir } from '../support/temp-dir.ts';

const program = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');

interface Document {
  readonly ok: boolean;
  readonly checks: readonly { readonly code: string; readonly status: string; readonly message: string }[];
  readonly left: readonly string[];
}

test('a directory passes, check by check, and is as it was', async () => {
  await using dir = await tempDir('validate');
  const said = await runHoldfast(['repo', 'validate', dir.path]);
  assert.equal(said.exitCode, 0, said.stderr + said.stdout);
  const lines = said.stdout.trimEnd().split('\n');
  assert.equal(lines.length, contractChecks.length + 1);
  assert.match(lines[0]!, /^ok {4}put-get +an object comes back as it was put/);
  assert.ok(
    lines.some((line) => /^none {2}put-locked/.test(line)),
    'a directory has no object lock',
  );
  assert.equal(lines.at(-1), `${dir.path}: no check failed`);
  assert.deepEqual(await readdir(dir.path), []);
  await mkdir(join(dir.path, 'contract'));
  await writeFile(join(dir.path, 'contract', 'of-somebody-else'), 'x');
  const json = await runHoldfast(['repo', 'validate', '--repo', dir.path, '-w', 'json']);
  const { ok, checks } = JSON.parse(json.stdout) as Document;
  assert.equal(ok, true);
  assert.deepEqual(
    checks.map(({ code }) => code),
    contractChecks.map(({ code }) => code),
  );
  assert.deepEqual(await readdir(join(dir.path, 'contract')), ['of-somebody-else']);
  const nowhere = await runHoldfast(['repo', 'validate', join(dir.path, 'missing')]);
  assert.equal(nowhere.exitCode, 2, 'a mount that is not there is not made');
});

test('a store that cannot keep a large object fails with status 3, and the rest is tried all the same', async () => {
  await using dir = await tempDir('validate');
  // Files may have 8 MiB at most: the unit of the limit is a block of 512 bytes or of 1 KiB, as the shell has it.
  const script = `trap '' XFSZ; ulimit -f 8192; exec "$@"`;
  const { exitCode, stdout, stderr } = await runCommand(
    '/bin/sh',
    ['-c', script, 'sh', process.execPath, program, 'repo', 'validate', dir.path, '-w', 'json'],
    { timeoutMs: 120_000 },
  );
  assert.equal(exitCode, 3, stderr + stdout);
  const { ok, checks } = JSON.parse(stdout) as Document;
  assert.equal(ok, false);
  assert.deepEqual(
    checks.filter(({ status }) => status === 'failed').map(({ code }) => code),
    ['put-large'],
  );
  assert.deepEqual(await readdir(dir.path), []);
});

test('a store that flips bits fails every check that reads; one that cannot be reached ends it', async () => {
  const memory = openMemoryStorage();
  const flipping = faultyStorage(memory, ({ action }) =>
    action === 'get' ? { kind: 'flipped', bit: 3 } : undefined,
  );
  const { ok, checks, left } = await validateStorage({ storage: flipping }, operationContext());
  assert.equal(ok, false);
  const failed = checks.filter(({ status }) => status === 'failed').map(({ code }) => code);
  for (const code of ['put-get', 'put-once', 'get-range']) assert.ok(failed.includes(code), code);
  assert.ok(!failed.includes('list'));
  const names = [];
  for await (const { name } of memory.list('')) names.push(name);
  // What this store locks for a minute.
  assert.deepEqual(names, left);
  const dead = faultyStorage(memory, () => ({ kind: 'before', code: 'STORAGE_UNREACHABLE' }));
  await assert.rejects(validateStorage({ storage: dead }, operationContext()), {
    code: 'STORAGE_UNREACHABLE',
  });
});

test('an interruption ends it at once, and nothing is left', async () => {
  const memory = openMemoryStorage();
  const stop = new AbortController();
  const seen: string[] = [];
  const storage = faultyStorage(memory, ({ action, name }) => {
    if (action === 'put' && name.includes('put-once/')) stop.abort();
    return undefined;
  });
  await assert.rejects(
    validateStorage(
      { storage, onCheck: ({ code }) => seen.push(code) },
      operationContext({ signal: stop.signal }),
    ),
    { code: 'INTERRUPTED' },
  );
  assert.deepEqual(seen, ['put-get', 'put-empty', 'put-large']);
  for await (const { name } of memory.list('')) assert.fail(`${name} is left`);
});

test('a server that speaks S3 passes; what object lock keeps is named', async (t) => {
  const gateway = await requireVersitygw(t);
  if (gateway === undefined) return;
  await using dir = await tempDir('validate');
  await using server = await startS3Server(gateway, dir.path);
  await server.createBucket('backups');
  await server.createBucket('kept', { objectLock: true });
  const { endpoint, credentials } = server.access;
  const env = {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    HOLDFAST_S3_ENDPOINT: endpoint,
    HOLDFAST_S3_REGION: 'us-east-1',
  };
  const validate = async (argv: readonly string[], more: Readonly<Record<string, string>> = {}) => {
    const run = await runCommand(process.execPath, [program, 'repo', 'validate', ...argv, '-w', 'json'], {
      timeoutMs: 120_000,
      env: { ...env, ...more },
    });
    return { ...run, document: run.stdout === '' ? undefined : (JSON.parse(run.stdout) as Document) };
  };
  const plain = await validate(['s3://backups/etcd']);
  assert.equal(plain.exitCode, 0, plain.stderr + plain.stdout);
  assert.deepEqual(plain.document!.left, []);
  const locked = await validate(['s3://kept/etcd', '--s3-object-lock', 'governance']);
  assert.equal(locked.exitCode, 0, locked.stderr + locked.stdout);
  assert.equal(locked.document!.left.length, 1);
  assert.equal(locked.document!.checks.find(({ code }) => code === 'put-locked')?.status, 'ok');
  const denied = await validate(['s3://backups/etcd'], { AWS_SECRET_ACCESS_KEY: 'wrong' });
  assert.equal(denied.exitCode, 4, denied.stderr);
  const closed = await validate(['s3://backups/etcd'], {
    HOLDFAST_S3_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
  });
  assert.equal(closed.exitCode, 5, closed.stderr);
});
