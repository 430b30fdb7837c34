import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  arbitraryBytes,
  type FakeEtcd,
  healthy,
  snapshotFrame,
  type SnapshotScript,
  startFakeEtcd,
} from '../../../test/support/fake-etcd.ts';
import { type TempDir, tempDir } from '../../../test/support/temp-dir.ts';
import { eventually } from '../../../test/support/waiting.ts';
import {
  type ErrorCode,
  errorCodes,
  hasCode,
  type OperationEvent,
  operationContext,
} from '../../base/index.ts';
import { type SaveSnapshotOptions, type SaveSnapshotResult, saveSnapshot } from './index.ts';

const database = arbitraryBytes(300 * 512);
const digest = createHash('sha256').update(database).digest();
const wholeFile = Buffer.concat([database, digest]);

interface Fixture extends AsyncDisposable {
  readonly server: FakeEtcd;
  readonly directory: string;
  readonly path: string;
  save(options?: Partial<SaveSnapshotOptions>, signal?: AbortSignal): Promise<SaveSnapshotResult>;
  /** Names of the files that are there. */
  names(): Promise<string[]>;
}

async function fixture(script: (call: SnapshotScript) => Promise<void> | void): Promise<Fixture> {
  const server = await startFakeEtcd(script);
  const dir: TempDir = await tempDir('save');
  const path = join(dir.path, 'backup.db');
  return {
    server,
    directory: dir.path,
    path,
    save: (options = {}, signal) => {
      const client = { endpoints: [server.endpoint] };
      const context = operationContext(signal === undefined ? {} : { signal });
      return saveSnapshot({ client, target: { path }, stallTimeoutMs: 10_000, ...options }, context);
    },
    names: () => readdir(dir.path),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await dir[Symbol.asyncDispose]();
    },
  };
}

describe('a whole stream', () => {
  test('becomes a verified file that only its owner may read', async () => {
    await using f = await fixture(healthy(database, '3.6.0'));
    const result = await f.save();
    assert.deepEqual(await readFile(f.path), wholeFile);
    assert.equal((await stat(f.path)).mode & 0o777, 0o600);
    assert.deepEqual(await f.names(), ['backup.db']);
    assert.deepEqual(result, {
      path: f.path,
      sizeBytes: wholeFile.length,
      databaseBytes: database.length,
      sha256: digest.toString('hex'),
      version: '3.6.0',
      endpoint: f.server.endpoint,
      endpointReason: '',
      tookMs: result.tookMs,
    });
  });

  for (const pieceBytes of [1000, 32_768, database.length]) {
    test(`arrives in messages of ${pieceBytes} bytes`, async () => {
      await using f = await fixture(async (call) => {
        call.begin();
        await call.sendDatabase(database, pieceBytes);
        await call.sendDigest(database);
        call.end();
      });
      await f.save();
      assert.deepEqual(await readFile(f.path), wholeFile);
    });
  }

  test('arrives byte by byte', async () => {
    const small = arbitraryBytes(1024);
    await using f = await fixture(async (call) => {
      call.begin();
      const bytes = Buffer.concat([
        snapshotFrame({ blob: small.subarray(0, 700), remainingBytes: 324n }),
        snapshotFrame({ blob: small.subarray(700) }),
        snapshotFrame({ blob: createHash('sha256').update(small).digest() }),
      ]);
      for (const byte of bytes) await call.sendBytes(Uint8Array.of(byte));
      call.end();
    });
    const { databaseBytes } = await f.save();
    assert.equal(databaseBytes, 1024);
  });

  test('is larger than every buffer on the way', async () => {
    const large = arbitraryBytes(40 << 20);
    await using f = await fixture(healthy(large));
    const { sha256 } = await f.save();
    const saved = await readFile(f.path);
    assert.equal(createHash('sha256').update(saved.subarray(0, -32)).digest('hex'), sha256);
    assert.equal(saved.length, large.length + 32);
  });

  test('tells how far it is', async () => {
    const large = arbitraryBytes(5 << 20);
    await using f = await fixture(healthy(large));
    const events: OperationEvent[] = [];
    const target = { path: f.path };
    const ctx = operationContext({ events: (event) => events.push(event) });
    await saveSnapshot({ client: { endpoints: [f.server.endpoint] }, target }, ctx);
    const totalBytes = large.length + 32;
    assert.deepEqual(events[0], { type: 'phase-started', phase: 'save', totalBytes });
    const steps = events.filter((event) => event.type === 'phase-progress');
    assert.ok(steps.length >= 5, `${steps.length} progress events`);
    assert.equal(steps.at(-1)?.doneBytes, totalBytes);
    assert.ok(steps.every((step) => step.totalBytes === totalBytes));
    assert.equal(events.at(-1)?.type, 'phase-finished');
  });
});

interface Failure {
  readonly name: string;
  readonly code: ErrorCode;
  readonly message: RegExp;
  readonly script: (call: SnapshotScript) => Promise<void> | void;
  readonly options?: Partial<SaveSnapshotOptions>;
}

const oddDatabase = arbitraryBytes(1000);

const failures: readonly Failure[] = [
  {
    name: 'a digest that is not the one of the bytes',
    code: 'DIGEST_MISMATCH',
    message: /^the received bytes have SHA-256 [0-9a-f]{64}, not [0-9a-f]{64}$/,
    script: async (call) => {
      const damaged = Uint8Array.from(database);
      damaged[1234]! ^= 1;
      call.begin();
      await call.sendDatabase(damaged);
      await call.sendDigest(database);
      call.end();
    },
  },
  {
    name: 'no digest',
    code: 'DIGEST_MISSING',
    message: /^sha256 checksum not found \[bytes: 153600\]$/,
    script: async (call) => {
      call.begin();
      await call.sendDatabase(database);
      call.end();
    },
  },
  {
    name: 'a digest cut short',
    code: 'DIGEST_MISSING',
    message: /^sha256 checksum not found \[bytes: 153631\]$/,
    script: async (call) => {
      call.begin();
      await call.sendDatabase(database);
      await call.send({ blob: digest.subarray(1) });
      call.end();
    },
  },
  {
    name: 'a size that no database has',
    code: 'DIGEST_MISSING',
    message: /^sha256 checksum not found \[bytes: 1032\]$/,
    script: healthy(oddDatabase),
  },
  {
    name: 'more than was announced',
    code: 'RECORD_INVALID',
    message: /more than the 153600 bytes that it announced/,
    script: async (call) => {
      call.begin();
      await call.sendDatabase(database);
      await call.sendDigest(database);
      for (let i = 0; i < 1000; i++) await call.send({ blob: new Uint8Array(32_768) });
      call.end();
    },
  },
  {
    name: 'nothing at all',
    code: 'SNAPSHOT_INCOMPLETE',
    message: /ended after 0 of 0 bytes/,
    script: (call) => call.begin().end(),
  },
  {
    name: 'an end with status OK before all has come',
    code: 'SNAPSHOT_INCOMPLETE',
    message: /ended after 32768 of 153600 bytes/,
    script: async (call) => {
      call.begin();
      await call.send({
        blob: database.subarray(0, 32_768),
        remainingBytes: BigInt(database.length - 32_768),
      });
      call.end();
    },
  },
  {
    name: 'an end inside a message',
    code: 'SNAPSHOT_INCOMPLETE',
    message: /ended inside a message/,
    script: async (call) => {
      call.begin();
      await call.sendBytes(snapshotFrame({ blob: database, remainingBytes: 0n }).subarray(0, 5000));
      call.end();
    },
  },
  {
    name: 'an error of the server on the way',
    code: 'ETCD_UNAVAILABLE',
    message: /^etcdserver: server stopped$/,
    script: async (call) => {
      call.begin();
      await call.send({ blob: database.subarray(0, 32_768), remainingBytes: 100_000n });
      call.end(14, 'etcdserver: server stopped');
    },
  },
  {
    name: 'an error of the server at once',
    code: 'AUTH_REQUIRED',
    message: /^etcdserver: permission denied$/,
    script: (call) => call.end(7, 'etcdserver: permission denied'),
  },
  {
    name: 'an error with a text that is not ASCII',
    code: 'ETCD_ERROR',
    message: /^größer 100%$/,
    script: (call) => call.end(13, 'größer 100%'),
  },
  {
    name: 'a connection that breaks on the way',
    code: 'CONNECTION_LOST',
    message: /^the connection to 127\.0\.0\.1:\d+ was lost/,
    script: async (call) => {
      call.begin();
      await call.send({ blob: database.subarray(0, 32_768), remainingBytes: 100_000n });
      call.stream.session?.socket.destroy();
    },
  },
  {
    name: 'a stream that the server resets',
    code: 'CONNECTION_LOST',
    message: /was lost/,
    script: async (call) => {
      call.begin();
      await call.send({ blob: database.subarray(0, 32_768), remainingBytes: 100_000n });
      call.stream.close(2);
    },
  },
  {
    name: 'a web server',
    code: 'ETCD_ERROR',
    message: /answered with HTTP status 404, not gRPC$/,
    script: (call) => {
      call.stream.respond({ ':status': 404, 'content-type': 'text/html' });
      call.stream.end('<h1>Not found</h1>');
    },
  },
  {
    name: 'bytes that are no messages',
    code: 'RECORD_INVALID',
    message: /^snapshot stream: /,
    script: async (call) => {
      call.begin();
      await call.sendBytes(arbitraryBytes(100_000).map((byte) => byte | 1));
      call.end();
    },
  },
  {
    name: 'silence from the start',
    code: 'SAVE_STALLED',
    message: /stalled: no data for 200 ms$/,
    options: { stallTimeoutMs: 200 },
    script: (call) => void call.begin(),
  },
  {
    name: 'silence on the way',
    code: 'SAVE_STALLED',
    message: /stalled: no data for 200 ms$/,
    options: { stallTimeoutMs: 200 },
    script: async (call) => {
      call.begin();
      await call.send({ blob: database.subarray(0, 32_768), remainingBytes: 100_000n });
    },
  },
  {
    name: 'empty messages now and then',
    code: 'SAVE_STALLED',
    message: /stalled: no data for 200 ms$/,
    options: { stallTimeoutMs: 200 },
    script: async (call) => {
      call.begin();
      await call.send({ blob: database.subarray(0, 32_768), remainingBytes: 100_000n });
      while (!call.stream.destroyed) {
        await call.send({ remainingBytes: 100_000n });
        await delay(20);
      }
    },
  },
  {
    name: 'empty messages without end',
    code: 'SAVE_STALLED',
    message: /sends empty messages while 100000 bytes are missing$/,
    script: async (call) => {
      call.begin();
      await call.send({ blob: database.subarray(0, 32_768), remainingBytes: 100_000n });
      while (!call.stream.destroyed) await call.send({ remainingBytes: 100_000n });
    },
  },
  {
    name: 'a save that takes longer than it may',
    code: 'TIMEOUT',
    message: /^the snapshot was not saved within 200 ms$/,
    options: { timeoutMs: 200 },
    script: async (call) => {
      call.begin();
      await call.send({ blob: database.subarray(0, 32_768), remainingBytes: 100_000n });
    },
  },
];

describe('a save fails and leaves nothing behind', () => {
  for (const { name, code, message, script, options } of failures) {
    test(`${code}: ${name}`, async () => {
      await using f = await fixture(script);
      await assert.rejects(f.save(options), (error) => {
        assert.ok(hasCode(error, code), `${String(error)} has the code ${code}`);
        assert.match(error.message, message);
        assert.ok([1, 3, 4, 5].includes(errorCodes[code].exitStatus));
        return true;
      });
      assert.deepEqual(await f.names(), []);
    });
  }

  test('INTERRUPTED: stopped on the way', async () => {
    const stop = new AbortController();
    await using f = await fixture(async (call) => {
      call.begin();
      await call.send({ blob: database.subarray(0, 32_768), remainingBytes: 100_000n });
      stop.abort();
    });
    await assert.rejects(f.save({}, stop.signal), (error) => hasCode(error, 'INTERRUPTED'));
    assert.deepEqual(await f.names(), []);
  });

  test('INTERRUPTED: stopped before it began', async () => {
    await using f = await fixture(healthy(database));
    await assert.rejects(f.save({}, AbortSignal.abort()), (error) => hasCode(error, 'INTERRUPTED'));
    assert.deepEqual(await f.names(), []);
  });
});

describe('the target', () => {
  test('an existing file is refused before anything is dialled', async () => {
    await using f = await fixture(healthy(database));
    await writeFile(f.path, 'older');
    await assert.rejects(f.save(), (error) => hasCode(error, 'FILE_EXISTS') && error.exitStatus === 4);
    assert.equal(f.server.connections, 0);
    assert.equal(await readFile(f.path, 'utf8'), 'older');
    assert.deepEqual(await f.names(), ['backup.db']);
  });

  test('an existing file is replaced with force, and kept when the save fails', async () => {
    await using good = await fixture(healthy(database));
    await writeFile(good.path, 'older');
    await good.save({ target: { path: good.path, force: true } });
    assert.deepEqual(await readFile(good.path), wholeFile);

    await using bad = await fixture((call) => call.end(14, 'etcdserver: no leader'));
    await writeFile(bad.path, 'older');
    await assert.rejects(bad.save({ target: { path: bad.path, force: true } }), (error) =>
      hasCode(error, 'ETCD_UNAVAILABLE'),
    );
    assert.equal(await readFile(bad.path, 'utf8'), 'older');
    assert.deepEqual(await bad.names(), ['backup.db']);
  });

  test('a dangling symbolic link is a name that is taken', async () => {
    await using f = await fixture(healthy(database));
    await symlink('nowhere', f.path);
    await assert.rejects(f.save(), (error) => hasCode(error, 'FILE_EXISTS'));
  });

  test('a directory, a device and a missing directory are refused', async () => {
    await using f = await fixture(healthy(database));
    const directory = join(f.directory, 'there');
    await mkdir(directory);
    for (const force of [false, true]) {
      const refused = (path: string, code: ErrorCode) =>
        assert.rejects(f.save({ target: { path, force } }), (error) => hasCode(error, code));
      await refused(directory, 'NOT_A_REGULAR_FILE');
      await refused('/dev/null', force ? 'NOT_A_REGULAR_FILE' : 'FILE_EXISTS');
      await refused(join(f.directory, 'missing', 'backup.db'), 'FILE_NOT_FOUND');
    }
    assert.equal(f.server.connections, 0);
  });

  test('what a killed run left is replaced, whoever could read it', async () => {
    await using f = await fixture(healthy(database));
    await writeFile(`${f.path}.part`, Buffer.alloc(1_000_000), { mode: 0o644 });
    await f.save();
    assert.deepEqual(await readFile(f.path), wholeFile);
    assert.equal((await stat(f.path)).mode & 0o777, 0o600);
    assert.deepEqual(await f.names(), ['backup.db']);
  });

  test('of two saves at once the later one wins, and the file is whole', async () => {
    let calls = 0;
    const secondIsDone = Promise.withResolvers<undefined>();
    await using f = await fixture(async (call) => {
      const first = ++calls === 1;
      call.begin();
      await call.send({
        blob: database.subarray(0, 32_768),
        remainingBytes: BigInt(database.length - 32_768),
      });
      if (first) await secondIsDone.promise;
      const rest = database.subarray(32_768);
      await call.send({ blob: rest });
      await call.sendDigest(database);
      call.end();
    });
    const target = { path: f.path, force: true };
    const started = Promise.withResolvers<undefined>();
    const watching = operationContext({
      events: (event) => event.type === 'phase-started' && started.resolve(undefined),
    });
    const first = saveSnapshot({ client: { endpoints: [f.server.endpoint] }, target }, watching);
    const firstFails = assert.rejects(
      first,
      (error) => hasCode(error, 'SAVE_SUPERSEDED') && error.exitStatus === 4,
    );
    await started.promise;
    await f.save({ target });
    secondIsDone.resolve(undefined);
    await firstFails;
    assert.deepEqual(await readFile(f.path), wholeFile);
    assert.deepEqual(await f.names(), ['backup.db']);
  });
});

describe('a sink', () => {
  test('gets every byte, and its end only when all is verified', async () => {
    await using f = await fixture(healthy(database));
    const chunks: Buffer[] = [];
    let ended = false;
    const sink = {
      write: (bytes: Uint8Array) => {
        chunks.push(Buffer.from(bytes));
        return Promise.resolve();
      },
      end: () => {
        ended = true;
        return Promise.resolve();
      },
    };
    const result = await f.save({ target: { sink } });
    assert.deepEqual(Buffer.concat(chunks), wholeFile);
    assert.equal(ended, true);
    assert.equal(result.path, undefined);
    assert.deepEqual(await f.names(), []);
  });

  test('that is slow holds the server back instead of filling the memory', async () => {
    const pieces = 3000;
    const pieceBytes = 32_768;
    const piece = new Uint8Array(pieceBytes);
    // Made beforehand: in the same process it would stop the stream for longer than the stall limit.
    const hash = createHash('sha256');
    for (let count = 0; count < pieces; count++) hash.update(piece);
    const digest = hash.digest();
    const release = Promise.withResolvers<undefined>();
    let call: SnapshotScript | undefined;
    await using f = await fixture(async (script) => {
      call = script.begin();
      for (let left = pieces - 1; left >= 0; left--) {
        await script.send({ blob: piece, remainingBytes: BigInt(left * pieceBytes) });
      }
      await script.send({ blob: digest });
      script.end();
    });
    let taken = 0;
    const saving = f.save({
      // Shorter than the wait below: waiting for the sink is no stall.
      stallTimeoutMs: 1500,
      target: {
        sink: {
          async write(bytes) {
            await release.promise;
            taken += bytes.length;
          },
        },
      },
    });
    await eventually(60_000, 'at least a window has left the server', () =>
      Promise.resolve((call?.sentBytes ?? 0) >= 16 << 20 ? true : undefined),
    );
    let sent = -1;
    while (call === undefined || sent !== call.sentBytes) {
      sent = call?.sentBytes ?? -1;
      await delay(1800);
    }
    assert.ok(sent < 60 << 20, `${sent} bytes left the server while nothing was taken`);
    release.resolve(undefined);
    await saving;
    assert.equal(taken, pieces * pieceBytes + 32);
  });

  test('that fails ends the save with its error', async () => {
    await using f = await fixture(healthy(arbitraryBytes(20 << 20)));
    const broken = new Error('EPIPE');
    const sink = { write: () => Promise.reject(broken) };
    await assert.rejects(f.save({ target: { sink } }), broken);
  });
});

test('several endpoints are refused with the words of etcdctl', async () => {
  await using f = await fixture(healthy(database));
  const client = { endpoints: ['a:1', 'b:2'] };
  await assert.rejects(f.save({ client }), (error) => {
    assert.ok(hasCode(error, 'USAGE'));
    assert.equal(error.message, 'snapshot must be requested to one selected node, not multiple [a:1 b:2]');
    return true;
  });
  assert.deepEqual(await f.names(), []);
});
