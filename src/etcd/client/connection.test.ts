import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as http2 from 'node:http2';
import * as net from 'node:net';
import { describe, test } from 'node:test';
import { hasCode } from '../../base/index.ts';
import { EtcdConnection } from './connection.ts';
import { parseEndpoint } from './endpoint.ts';

interface Listening extends AsyncDisposable {
  readonly port: number;
}

async function listening(server: net.Server, sockets: ReadonlySet<net.Socket>): Promise<Listening> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as net.AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** An HTTP/2 server; `sockets` are the connections it has accepted. */
async function http2Server(
  onStream: (stream: http2.ServerHttp2Stream) => void,
): Promise<Listening & { readonly sockets: net.Socket[] }> {
  const server = http2.createServer();
  const sockets: net.Socket[] = [];
  server.on('connection', (socket: net.Socket) => sockets.push(socket.on('error', () => undefined)));
  server.on('stream', (stream) => onStream(stream.on('error', () => undefined)));
  const open = await listening(server, new Set());
  return {
    port: open.port,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await open[Symbol.asyncDispose]();
    },
  };
}

function connectTo(port: number, more: object = {}): EtcdConnection {
  return new EtcdConnection(parseEndpoint(`127.0.0.1:${port}`, false), {
    tls: {},
    secureContext: () => assert.fail('no TLS here'),
    timeoutMs: 60_000,
    keepAliveTimeMs: 50,
    // A machine that is busy may take its time to answer a ping.
    keepAliveTimeoutMs: 60_000,
    divertData: false,
    ...more,
  });
}

function respond(stream: http2.ServerHttp2Stream): void {
  stream.respond({ ':status': 200 });
  stream.end('hello');
}

async function bodyOf(connection: EtcdConnection): Promise<string> {
  const stream = await connection.request('POST', '/x', {});
  stream.end();
  let body = '';
  for await (const chunk of stream) body += String(chunk);
  return body;
}

describe('EtcdConnection', () => {
  test('dials once for many requests, and again after the connection broke', async () => {
    await using server = await http2Server(respond);
    const connection = connectTo(server.port);
    assert.deepEqual(await Promise.all([bodyOf(connection), bodyOf(connection)]), ['hello', 'hello']);
    assert.equal(server.sockets.length, 1);
    server.sockets[0]!.destroy();
    await once(server.sockets[0]!, 'close');
    // The news may travel for a moment; whoever asks meanwhile is told that the connection was lost.
    let body = '';
    for (let attempt = 0; body === '' && attempt < 100; attempt++) {
      body = await bodyOf(connection).catch(() => '');
    }
    assert.equal(body, 'hello');
    assert.equal(server.sockets.length, 2);
    await connection.close();
  });

  test('a server that goes away gets no new request on the old connection', async () => {
    const sessions: http2.Http2Session[] = [];
    await using server = await http2Server((stream) => {
      sessions.push(stream.session!);
      respond(stream);
    });
    const connection = connectTo(server.port);
    const stream = await connection.request('POST', '/x', {});
    const goaway = once(stream.session!, 'goaway');
    stream.end();
    await once(stream, 'response');
    sessions[0]!.goaway();
    await goaway;
    assert.equal(await bodyOf(connection), 'hello');
    assert.equal(server.sockets.length, 2);
    stream.resume();
    await connection.close();
  });

  test('a ping that is not answered ends an open call', async () => {
    const sockets = new Set<net.Socket>();
    // Speaks HTTP/2 just enough to be believed, then never again.
    const mute = net.createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
      socket.resume();
    });
    await using server = await listening(mute, sockets);
    const connection = connectTo(server.port, { keepAliveTimeoutMs: 100 });
    const startedMs = performance.now();
    const stream = await connection.request('POST', '/x', {});
    const [error] = await once(stream.end(), 'error').catch((reason: unknown) => [reason]);
    assert.ok(hasCode(error, 'CONNECTION_LOST'), String(error));
    assert.match(error.message, /did not answer a keep-alive ping within 100 ms$/);
    assert.ok(performance.now() - startedMs >= 100);
    await connection.close();
  });

  test('pings are answered, so that a long silence is no reason to give up', async () => {
    const pings: number[] = [];
    await using server = await http2Server((stream) => {
      stream.session!.on('ping', () => {
        pings.push(performance.now());
        if (pings.length === 4) respond(stream);
      });
    });
    const connection = connectTo(server.port);
    assert.equal(await bodyOf(connection), 'hello');
    await connection.close();
  });

  test('without an open call there is no ping', async (t) => {
    // Time goes on by the tick, so that no call is open for long enough.
    t.mock.timers.enable({ apis: ['setInterval'] });
    let pings = 0;
    await using server = await http2Server((stream) => {
      stream.session!.on('ping', () => pings++);
      respond(stream);
    });
    const connection = connectTo(server.port);
    const stream = await connection.request('POST', '/x', {});
    const closed = once(stream, 'close');
    stream.end().resume();
    await closed;
    t.mock.timers.tick(1000);
    // What was sent by then has come before what is asked now.
    await bodyOf(connection);
    assert.equal(pings, 0);
    await connection.close();
  });

  test('a closed connection refuses requests, and a dial under way ends', async () => {
    const sockets = new Set<net.Socket>();
    const silent = net.createServer((socket) => sockets.add(socket.on('error', () => undefined)));
    await using server = await listening(silent, sockets);
    const connection = connectTo(server.port, { timeoutMs: 60_000 });
    const asking = assert.rejects(connection.request('POST', '/x', {}), (error) =>
      hasCode(error, 'INTERRUPTED'),
    );
    await once(silent, 'connection');
    await connection.close();
    await asking;
    await assert.rejects(connection.request('POST', '/x', {}), (error) => hasCode(error, 'INTERRUPTED'));
  });
});
