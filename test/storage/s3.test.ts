/** The store of S3 held against a server that others wrote. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before, suite, type TestContext } from 'node:test';
import { hasCode } from '../../src/base/index.ts';
import {
  contractChecks,
  openStorage,
  parseStorageLocation,
  runContractCheck,
  type S3StorageOptions,
  type Storage,
} from '../../src/storage/index.ts';
import { requireVersitygw, versitygw } from '../peers/index.ts';
import { freePort } from '../support/free-ports.ts';
import { runCommand } from '../support/run-command.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';

suite('S3', () => {
  let dir: TempDir;
  let server: S3Server | undefined;

  before(async () => {
    dir = await tempDir('s3');
    const program = await versitygw().catch(() => undefined);
    if (program === undefined) return;
    server = await startS3Server(program, dir.path);
    await server.createBucket('backups');
    await server.createBucket('kept', { objectLock: true });
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
    await dir[Symbol.asyncDispose]();
  });

  /** The server, or undefined after the test has been skipped. */
  async function requireServer(t: TestContext): Promise<S3Server | undefined> {
    if ((await requireVersitygw(t)) === undefined) return undefined;
    assert.ok(server !== undefined);
    return server;
  }

  const open = (on: S3Server, options: Partial<S3StorageOptions> & { readonly location: string }) =>
    openStorage(parseStorageLocation(options.location), {
      // Few names a page, so that lists have several; parts as small as may be, so that uploads have several.
      s3: { ...on.access, listPageSize: 3, partSizeBytes: 5 << 20, ...options },
    });

  const kinds = [
    { title: 'with conditional puts', location: 's3://backups/here' },
    { title: 'without', location: 's3://backups', conditionalPut: false },
    { title: 'with object lock', location: 's3://kept/locked', objectLock: 'governance' as const },
  ];
  for (const { title, ...options } of kinds) {
    test(`the contract, ${title}`, async (t) => {
      const on = await requireServer(t);
      if (on === undefined) return;
      await using storage = await open(on, options);
      assert.deepEqual(storage.capabilities, {
        atomicPutIfAbsent: !('conditionalPut' in options),
        consistentList: true,
        objectLock: 'objectLock' in options,
      });
      for (const check of contractChecks) {
        if (check.needs !== undefined && !storage.capabilities[check.needs]) continue;
        await t.test(check.promise, async () => {
          await runContractCheck(check, storage);
        });
      }
    });
  }

  test('failures have names', async (t) => {
    const on = await requireServer(t);
    if (on === undefined) return;
    const codeOf = async (storage: Storage) => {
      await using _storage = storage;
      try {
        await storage.get('config');
        return 'none';
      } catch (error) {
        assert.ok(error instanceof Error);
        assert.doesNotMatch(error.message, /holdfast-secret/);
        return 'code' in error ? error.code : error;
      }
    };
    const location = 's3://backups';
    const wrongKey = { accessKeyId: 'holdfast', secretAccessKey: 'wrong' };
    assert.equal(await codeOf(await open(on, { location })), 'STORAGE_OBJECT_MISSING');
    assert.equal(await codeOf(await open(on, { location, credentials: wrongKey })), 'STORAGE_DENIED');
    assert.equal(await codeOf(await open(on, { location: 's3://nowhere' })), 'STORAGE_LOCATION_INVALID');
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    assert.equal(await codeOf(await open(on, { location, endpoint })), 'STORAGE_UNREACHABLE');
  });

  test('without S3 nothing of the SDK is loaded; with it credentials come from the environment', async (t) => {
    const on = await requireServer(t);
    if (on === undefined) return;
    const script = join(dir.path, 'open.mjs');
    await writeFile(
      script,
      `import { openStorage, parseStorageLocation } from ${JSON.stringify(join(import.meta.dirname, '../../src/storage/index.ts'))};
      import { registerHooks } from 'node:module';
      let loaded = 0;
      registerHooks({ load: (url, context, next) => { if (url.includes('@aws-sdk')) loaded++; return next(url, context); } });
      await openStorage(parseStorageLocation(${JSON.stringify(dir.path)}));
      const without = loaded;
      const s3 = { endpoint: ${JSON.stringify(on.access.endpoint)} };
      const storage = await openStorage(parseStorageLocation('s3://backups/environment'), { s3 });
      console.log(without, loaded > 0, await storage.putIfAbsent('config', [new Uint8Array(3)]));`,
    );
    const { accessKeyId, secretAccessKey } = on.access.credentials;
    const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    const { stdout, stderr } = await runCommand(process.execPath, [script], { timeoutMs: 180_000, env });
    assert.equal(stdout, '0 true created\n', stderr);
  });
});

test('a location says where, and nothing else', () => {
  assert.deepEqual(parseStorageLocation('/srv/backups'), { kind: 'filesystem', path: '/srv/backups' });
  assert.deepEqual(parseStorageLocation('file:///srv/backups'), { kind: 'filesystem', path: '/srv/backups' });
  assert.deepEqual(parseStorageLocation('s3://b-1/'), { kind: 's3', bucket: 'b-1', prefix: '' });
  assert.deepEqual(parseStorageLocation('s3://b/x/y/'), { kind: 's3', bucket: 'b', prefix: 'x/y' });
  for (const text of ['', 's3://', 's3:///x', 's3://key@b/x', 'sftp://h/x', 'http://h/b', 'file://x/y'])
    assert.throws(
      () => parseStorageLocation(text),
      (error) => hasCode(error, 'STORAGE_LOCATION_INVALID'),
      text,
    );
});
