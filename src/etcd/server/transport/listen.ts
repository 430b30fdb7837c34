import { once } from 'node:events';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { GrpcCall, type GrpcCallOptions, parseGrpcTimeout } from './grpc-call.ts';
import { type GrpcStatus, statusCodes, statusTrailers } from './grpc-status.ts';
import { answerHttp1, answerHttp2, type HttpPages } from './http-pages.ts';
import type { RpcMethod } from './methods.ts';
import type { ServerTlsOptions } from './server-tls.ts';
import { UnreadResponses } from './unread-responses.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  readonly methods: readonly RpcMethod[];
  readonly pages: HttpPages;
  readonly statusOf: (error: unknown) => GrpcStatus;
  /** Plain text without. */
  readonly tls?: ServerTlsOptions;
  /** Largest gRPC message of a client. */
  readonly maxRequestBytes: number;
  /** How long a connection may say nothing before it is closed; default 20 s. */
  readonly silenceMs?: number;
  /** How much of whole responses may wait for clients to read them; default 256 MiB. */
  readonly mostUnreadBytes?: number;
}

/** A port that is listened on. */
export interface Listener extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Open connections. */
  readonly connectionCount: number;
  /**
   * Takes no more connections, ends the open streams with etcd's "server stopped", and closes every socket: politely
   * until `graceMs` (default 1000) are over.
   */
  close(graceMs?: number): Promise<void>;
}

const defaultSilenceMs = 20_000;
const defaultUnreadBytes = 256 << 20;
/** Dead peers are found out by the system after this much silence, as Go's listeners have it. */
const tcpKeepAliveMs = 15_000;
/** What HTTP/2 opens with; no method of HTTP/1.1 is called so. */
const prefaceStart = Buffer.from('PRI ');
const windowBytes = 1 << 20;

/** Opens the port and serves gRPC, and pages over HTTP/1.1 and HTTP/2. Rejects with the system's error. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const server = new PortServer(options);
  await server.open();
  return server;
}

class PortServer implements Listener {
  readonly #options: ListenOptions;
  readonly #methods: ReadonlyMap<string, RpcMethod>;
  readonly #services: ReadonlySet<string>;
  readonly #port: net.Server;
  readonly #http1: http.Server;
  readonly #http2: http2.Http2Server;
  readonly #sockets = new Set<net.Socket>();
  readonly #sessions = new Set<http2.ServerHttp2Session>();
  readonly #stopping = new AbortController();
  readonly #callOptions: GrpcCallOptions;
  readonly #silenceMs: number;

  constructor(options: ListenOptions) {
    this.#options = options;
    this.#methods = new Map(options.methods.map((method) => [method.path, method]));
    this.#services = new Set(options.methods.map(({ path }) => serviceOf(path)));
    const { maxRequestBytes, statusOf } = options;
    const unread = new UnreadResponses(options.mostUnreadBytes ?? defaultUnreadBytes);
    this.#callOptions = { maxRequestBytes, statusOf, stopping: this.#stopping.signal, unread };
    this.#silenceMs = options.silenceMs ?? defaultSilenceMs;
    this.#http1 = http.createServer((request, response) => answerHttp1(options.pages, request, response));
    this.#http1.timeout = this.#silenceMs;
    this.#http2 = http2.createServer({ settings: { initialWindowSize: windowBytes }, maxSessionMemory: 64 });
    this.#http2.on('session', (session) => this.#keepSession(session));
    this.#http2.on('sessionError', () => {});
    this.#http2.on('stream', (stream, headers) => this.#take(stream, headers));
    this.#port =
      options.tls === undefined
        ? net.createServer({ noDelay: true })
        : createTlsPort(options.tls, this.#silenceMs);
    this.#port.on('connection', (socket: net.Socket) => this.#keepSocket(socket));
    if (options.tls === undefined) this.#port.on('connection', (socket: net.Socket) => this.#sniff(socket));
    else {
      this.#port.on('secureConnection', (socket: tls.TLSSocket) =>
        this.#dispatch(socket, socket.alpnProtocol === 'h2'),
      );
    }
  }

  get host(): string {
    return this.#options.host;
  }

  get port(): number {
    return (this.#port.address() as net.AddressInfo | null)?.port ?? this.#options.port;
  }

  get connectionCount(): number {
    return this.#sockets.size;
  }

  async open(): Promise<void> {
    const { host, port } = this.#options;
    this.#port.listen({ host, port });
    await once(this.#port, 'listening');
  }

  async close(graceMs = 1000): Promise<void> {
    const closed = this.#port.listening ? once(this.#port, 'close') : Promise.resolve();
    this.#port.close();
    this.#stopping.abort();
    for (const session of this.#sessions) session.close();
    for (const socket of this.#sockets) if (!this.#carriesHttp2(socket)) socket.destroy();
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, graceMs);
    await closed;
    // The port may be free a moment before the last socket has said that it is gone.
    for (const socket of [...this.#sockets])
      if (this.#sockets.has(socket)) await new Promise((resolve) => socket.once('close', resolve));
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #keepSocket(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.setKeepAlive(true, tcpKeepAliveMs);
    socket.on('error', () => {});
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #carriesHttp2(socket: net.Socket): boolean {
    return http2Sockets.has(socket);
  }

  /** Looks at the first bytes of a plain connection: one port speaks both versions of HTTP. */
  #sniff(socket: net.Socket): void {
    const timer = setTimeout(() => socket.destroy(), this.#silenceMs);
    socket.once('close', () => clearTimeout(timer));
    let start = Buffer.alloc(0);
    const look = () => {
      const more = socket.read() as Buffer | null;
      if (more === null) return;
      start = Buffer.concat([start, more]);
      const known = Math.min(start.length, prefaceStart.length);
      const mayBePreface = start.subarray(0, known).equals(prefaceStart.subarray(0, known));
      if (mayBePreface && known < prefaceStart.length) return;
      clearTimeout(timer);
      socket.off('readable', look);
      socket.unshift(start);
      this.#dispatch(socket, mayBePreface);
    };
    socket.on('readable', look);
  }

  #dispatch(socket: net.Socket, speaksHttp2: boolean): void {
    if (speaksHttp2) http2Sockets.add(socket);
    (speaksHttp2 ? this.#http2 : this.#http1).emit('connection', socket);
  }

  #keepSession(session: http2.ServerHttp2Session): void {
    this.#sessions.add(session);
    session.on('error', () => {});
    // Idle connections are welcome, but only of clients that have begun to speak HTTP/2.
    const timer = setTimeout(() => session.destroy(), this.#silenceMs);
    session.once('remoteSettings', () => clearTimeout(timer));
    session.once('close', () => {
      clearTimeout(timer);
      this.#sessions.delete(session);
    });
    session.setLocalWindowSize(windowBytes);
  }

  #take(stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders): void {
    if (
      headers[':method'] !== 'POST' ||
      !/^application\/grpc(\+proto)?($|;)/.test(headers['content-type'] ?? '')
    )
      answerHttp2(this.#options.pages, stream, headers);
    else this.#call(stream, headers);
  }

  #call(stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders): void {
    const path = headers[':path'] ?? '';
    const method = this.#methods.get(path);
    if (method === undefined) refuseUnknown(stream, path, this.#services.has(serviceOf(path)));
    else {
      const timeout = headers['grpc-timeout'];
      new GrpcCall(stream, method, this.#callOptions).run(
        parseGrpcTimeout(typeof timeout === 'string' ? timeout : undefined),
      );
    }
  }
}

const http2Sockets = new WeakSet<net.Socket>();

function createTlsPort(
  { certPem, keyPem, trustedCaPem }: ServerTlsOptions,
  handshakeTimeout: number,
): net.Server {
  const pem = (bytes: string | Uint8Array) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes));
  return tls
    .createServer({
      cert: pem(certPem),
      key: pem(keyPem),
      ...(trustedCaPem === undefined
        ? {}
        : { ca: pem(trustedCaPem), requestCert: true, rejectUnauthorized: true }),
      handshakeTimeout,
      ALPNProtocols: ['h2', 'http/1.1'],
      noDelay: true,
    })
    .on('tlsClientError', (_error, socket) => socket.destroy());
}

function serviceOf(path: string): string {
  return path.slice(1, Math.max(1, path.lastIndexOf('/')));
}

/** As grpc-go words it. */
function refuseUnknown(stream: http2.ServerHttp2Stream, path: string, serviceKnown: boolean): void {
  const service = serviceOf(path);
  const method = path.slice(path.lastIndexOf('/') + 1);
  const message = serviceKnown
    ? `unknown method ${method} for service ${service}`
    : `unknown service ${service}`;
  stream.on('error', () => {});
  stream.resume();
  stream.respond(
    {
      ':status': 200,
      'content-type': 'application/grpc',
      ...statusTrailers({ code: statusCodes.unimplemented, message }),
    },
    { endStream: true },
  );
}
