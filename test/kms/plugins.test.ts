/** Data keys asked of a real plugin made of k8s.io/kms, and of what only looks like one. */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { type ErrorCode, isHoldfastError, operationContext, systemClock } from '../../src/base/index.ts';
import type { DataKeyRequest } from '../../src/formats/kubernetes-object/index.ts';
import { KmsServiceV1, KmsServiceV2, openDataKeyUnwrapper } from '../../src/kms/index.ts';
import { requireKmsPlugin } from '../peers/index.ts';
import { type KmsPluginServer, startKmsPlugin } from '../support/kms-plugin.ts';
import { tempDir } from '../support/temp-dir.ts';

/** Where an answer is expected, however busy the machine is. */
const patientMs = 60_000;
/** Where none is. */
const shortMs = 300;

const versions = ['v1', 'v2'] as const;

/** Lets the plugin wrap a key, as an API server does. */
async function wrap(
  plugin: KmsPluginServer,
  apiVersion: 'v1' | 'v2',
  key: Uint8Array,
): Promise<DataKeyRequest> {
  const baseUrl = 'http://localhost';
  const sessionManager = new Http2SessionManager(baseUrl, undefined, {
    createConnection: () => connect({ path: plugin.socket.replace(/^@/, '\0') }),
  });
  const transport = createGrpcTransport({ baseUrl, sessionManager });
  const where = { plugin: 'cloud', endpoint: plugin.endpoint, timeoutMs: patientMs, apiVersion };
  try {
    if (apiVersion === 'v1') {
      const request = { version: 'v1beta1', plain: key };
      const { cipher } = await createClient(KmsServiceV1, transport).encrypt(request);
      return { ...where, ciphertext: cipher };
    }
    const request = { plaintext: key, uid: 'of-a-test' };
    const { ciphertext, keyId, annotations } = await createClient(KmsServiceV2, transport).encrypt(request);
    return { ...where, ciphertext, keyId, annotations };
  } finally {
    sessionManager.abort();
  }
}

/** Its clock stands still until it is moved, so that nobody waits for a plugin to be asked again. */
function unwrapperWithClock(signal = new AbortController().signal) {
  let nowMs = 0;
  const clock = { now: () => systemClock.now(), monotonicMs: () => nowMs };
  const logged: string[] = [];
  const note = (message: string, fields?: object) => logged.push(message, JSON.stringify(fields));
  const log = { debug: note, info: note, warn: note };
  const unwrapper = openDataKeyUnwrapper(operationContext({ signal, clock, log }));
  return Object.assign(unwrapper, { logged, pass: (ms: number) => (nowMs += ms) });
}

async function refusal(asked: Promise<unknown>, code: ErrorCode): Promise<string> {
  const outcome = await asked.then(
    () => 'a key was given',
    (error: unknown) => error,
  );
  assert.ok(isHoldfastError(outcome), String(outcome));
  assert.equal(outcome.code, code, outcome.message);
  return outcome.message;
}

function withPlugin(
  name: string,
  body: (
    start: (more?: { socket?: string; wrongKey?: boolean }) => Promise<KmsPluginServer>,
  ) => Promise<void>,
): void {
  test(name, async (t: TestContext) => {
    const program = await requireKmsPlugin(t);
    if (program === undefined) return;
    await using dir = await tempDir('kms');
    await using stack = new AsyncDisposableStack();
    await body(async (more) => stack.use(await startKmsPlugin({ program, directory: dir.path, ...more })));
  });
}

withPlugin('both versions give back the key that they wrapped, over one socket', async (start) => {
  for (const socket of [undefined, `@holdfast-test-${randomUUID()}`]) {
    await using plugin = await start(socket === undefined ? {} : { socket });
    using unwrapper = unwrapperWithClock();
    for (const version of versions) {
      const key = randomBytes(32);
      const request = await wrap(plugin, version, key);
      const given = await unwrapper.unwrap(request);
      assert.deepEqual(Buffer.from(given), key);
      assert.ok(!unwrapper.logged.join().includes(key.toString('hex')));
      assert.ok(!unwrapper.logged.join().includes(key.toString('base64')));
    }
    assert.match(unwrapper.logged.join(), /asking a KMS plugin/);
  }
});

withPlugin('a plugin that was stopped is missed by name, and asked again when it is back', async (start) => {
  const first = await start();
  const request = await wrap(first, 'v2', randomBytes(32));
  using unwrapper = unwrapperWithClock();
  await unwrapper.unwrap(request);
  await first.kill();
  const absent = await refusal(unwrapper.unwrap(request), 'KMS_UNREACHABLE');
  assert.match(absent, /^nobody listens on its socket \(.*kms\.sock\)$/);
  await using second = await start();
  assert.equal(await refusal(unwrapper.unwrap(request), 'KMS_UNREACHABLE'), absent);
  unwrapper.pass(1000);
  await unwrapper.unwrap(request);
  assert.equal(await second.decryptions('v2'), 2);
});

withPlugin('a restart between two calls is not noticed', async (start) => {
  const first = await start();
  const request = await wrap(first, 'v1', randomBytes(32));
  using unwrapper = unwrapperWithClock();
  await unwrapper.unwrap(request);
  await first.kill();
  await using second = await start();
  await unwrapper.unwrap(request);
  assert.equal(await second.decryptions('v1'), 2);
});

withPlugin('a plugin that hangs is waited for once, for as long as the configuration says', async (start) => {
  await using plugin = await start();
  const [request, other] = [
    await wrap(plugin, 'v2', randomBytes(32)),
    await wrap(plugin, 'v1', randomBytes(32)),
  ];
  using unwrapper = unwrapperWithClock();
  // Connected already, and not.
  for (const warm of [false, true]) {
    if (warm) await unwrapper.unwrap(request);
    await plugin.freeze();
    try {
      const silent = await refusal(unwrapper.unwrap({ ...request, timeoutMs: shortMs }), 'KMS_UNREACHABLE');
      assert.match(silent, /^the plugin did not answer within 300 ms \(/);
    } finally {
      plugin.thaw();
    }
    const asked = await plugin.decryptions('v2');
    await refusal(unwrapper.unwrap(other), 'KMS_UNREACHABLE');
    await refusal(unwrapper.unwrap(request), 'KMS_UNREACHABLE');
    assert.equal(await plugin.decryptions('v1'), 0);
    assert.ok((await plugin.decryptions('v2')) - asked <= 1, 'the call that was given up may still arrive');
    unwrapper.pass(10 * shortMs);
  }
  await unwrapper.unwrap(other);
});

withPlugin('waiting for a plugin can be interrupted', async (start) => {
  await using plugin = await start();
  const request = await wrap(plugin, 'v2', randomBytes(32));
  const stop = new AbortController();
  using unwrapper = unwrapperWithClock(stop.signal);
  await plugin.freeze();
  try {
    const asked = refusal(unwrapper.unwrap(request), 'INTERRUPTED');
    setImmediate(() => stop.abort());
    await asked;
  } finally {
    plugin.thaw();
  }
});

withPlugin('what a plugin refuses is told in its own words, on one line', async (start) => {
  await using plugin = await start();
  using unwrapper = unwrapperWithClock();
  const request = await wrap(plugin, 'v2', randomBytes(32));
  const foreign = { ...request, ciphertext: request.ciphertext.toReversed() };
  assert.equal(
    await refusal(unwrapper.unwrap(foreign), 'KMS_FAILED'),
    'the plugin answered Unknown: the wrapping key does not fit',
  );
  assert.match(
    await refusal(unwrapper.unwrap({ ...request, keyId: 'key-2' }), 'KMS_FAILED'),
    /key id is not/,
  );
  assert.match(await refusal(unwrapper.unwrap({ ...request, annotations: {} }), 'KMS_FAILED'), /annotation/);
  // One refusal says nothing of other keys; the same key is not asked for again at once.
  await unwrapper.unwrap(request);
  const asked = await plugin.decryptions('v2');
  await refusal(unwrapper.unwrap(foreign), 'KMS_FAILED');
  assert.equal(await plugin.decryptions('v2'), asked);
});

const impostors: Readonly<Record<string, (socket: Socket) => void>> = {
  'closes every connection': (socket) => socket.destroy(),
  'speaks HTTP/1': (socket) => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'),
  'sends noise without end': (socket) => {
    const noise = randomBytes(64 << 10);
    const more = () => {
      while (!socket.destroyed && socket.write(noise));
    };
    socket.on('drain', more);
    more();
  },
  'says nothing': () => {},
};

for (const [what, behave] of Object.entries(impostors))
  test(`a socket whose listener ${what} is no plugin`, async () => {
    await using dir = await tempDir('kms');
    const path = join(dir.path, 'kms.sock');
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => {}));
      behave(socket);
    }).listen(path);
    await once(server, 'listening');
    try {
      using unwrapper = unwrapperWithClock();
      for (const apiVersion of versions) {
        const request = { apiVersion, plugin: 'cloud', endpoint: `unix://${path}`, timeoutMs: 1000 };
        const message = await refusal(
          unwrapper.unwrap({ ...request, ciphertext: randomBytes(9) }),
          'KMS_UNREACHABLE',
        );
        assert.match(
          message,
          /^(what listens .* does not speak gRPC|the connection .* broke|the plugin did not)/,
        );
        unwrapper.pass(60_000);
      }
    } finally {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  });

test('a path that is no socket, or nothing, is named', async () => {
  await using dir = await tempDir('kms');
  const file = join(dir.path, 'file');
  await writeFile(file, '');
  using unwrapper = unwrapperWithClock();
  const ask = (endpoint: string) =>
    refusal(
      unwrapper.unwrap({
        apiVersion: 'v2',
        plugin: 'cloud',
        endpoint,
        timeoutMs: patientMs,
        ciphertext: randomBytes(9),
      }),
      'KMS_UNREACHABLE',
    );
  assert.match(await ask(`unix://${dir.path}/none`), /^its socket does not exist \(.*none\)$/);
  assert.match(await ask(`unix://${file}/none`), /^its socket does not exist/);
  assert.match(await ask(`unix://${file}`), /^nobody listens on its socket/);
  assert.match(await ask(`unix:///${'a'.repeat(200)}`), /^its socket has no usable path/);
  assert.match(await ask('unix:///@nobody-is-called-so'), /^nobody listens on its socket \(@nobody/);
  assert.match(await ask('https://kms.example'), /^the endpoint of the KMS plugin is no unix socket$/);
});
