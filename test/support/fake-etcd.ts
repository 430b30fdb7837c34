import { once } from 'node:events';
import * as http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createHash } from 'node:crypto';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { SnapshotResponseSchema } from '../../src/etcd/index.ts';

/** A server whose Snapshot call misbehaves as a test wants it to. */
export interface FakeEtcd extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly endpoint: string;
  /** Connections accepted so far. */
  readonly connections: number;
}

/** One Snapshot call as the server sees it. */
export class SnapshotScript {
  readonly stream: http2.ServerHttp2Stream;
  /** Bytes that the flow control of the client let out so far. */
  sentBytes = 0;

  constructor(stream: http2.ServerHttp2Stream) {
    this.stream = stream;
    // A client that hangs up is what some tests are about.
    stream.on('error', () => undefined);
  }

  /** Sends the response headers. */
  begin(): this {
    this.stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    return this;
  }

  /** Sends one message; resolves when it has left, or when the client is gone. */
  async send(message: MessageInitShape<typeof SnapshotResponseSchema>): Promise<void> {
    await this.sendBytes(snapshotFrame(message));
  }

  async sendBytes(bytes: Uint8Array): Promise<void> {
    if (this.stream.destroyed) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const done = () => resolve(undefined);
    this.stream.once('close', done);
    this.stream.write(bytes, done);
    await promise;
    this.stream.removeListener('close', done);
    this.sentBytes += bytes.length;
  }

  /** Sends a database as etcd does, in pieces with what remains; without its digest. */
  async sendDatabase(database: Uint8Array, pieceBytes = 32_768, version = ''): Promise<void> {
    for (let offset = 0; offset < database.length; offset += pieceBytes) {
      const blob = database.subarray(offset, offset + pieceBytes);
      const remainingBytes = BigInt(database.length - offset - blob.length);
      await this.send({ blob, remainingBytes, version });
    }
  }

  async sendDigest(database: Uint8Array): Promise<void> {
    await this.send({ blob: createHash('sha256').update(database).digest() });
  }

  /** Ends the call with a gRPC status. */
  end(status = 0, message = ''): void {
    const trailers = {
      'grpc-status': String(status),
      ...(message !== '' && { 'grpc-message': encodeURIComponent(message) }),
    };
    if (!this.stream.headersSent) {
      this.stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', ...trailers },
        { endStream: true },
      );
      return;
    }
    this.stream.once('wantTrailers', () => {
      this.stream.sendTrailers(trailers);
    });
    this.stream.end();
  }
}

/** Starts a server without TLS that answers every call with the script. What a script throws fails the call. */
export async function startFakeEtcd(
  script: (call: SnapshotScript) => Promise<void> | void,
): Promise<FakeEtcd> {
  const server = http2.createServer();
  const sessions = new Set<http2.ServerHttp2Session>();
  let connections = 0;
  server.on('session', (session) => {
    connections++;
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => undefined);
  });
  server.on('stream', (stream) => {
    const call = new SnapshotScript(stream);
    void Promise.resolve(script(call)).catch((error: unknown) => call.end(2, String(error)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A script that serves this database as a healthy etcd does. */
export function healthy(database: Uint8Array, version = ''): (call: SnapshotScript) => Promise<void> {
  return async (call) => {
    call.begin();
    await call.sendDatabase(database, 32_768, version);
    await call.sendDigest(database);
    call.end();
  };
}

/** One message with its gRPC prefix. */
export function snapshotFrame(message: MessageInitShape<typeof SnapshotResponseSchema>): Uint8Array {
  const encoded = toBinary(SnapshotResponseSchema, create(SnapshotResponseSchema, message));
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(encoded.length, 1);
  return Buffer.concat([prefix, encoded]);
}

/** Bytes that look like nothing in particular, the same for the same size. */
export function arbitraryBytes(sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  for (let i = 0, state = 1; i < sizeBytes; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}
