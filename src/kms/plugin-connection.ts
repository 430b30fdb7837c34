import * as http2 from 'node:http2';
import * as net from 'node:net';

/** A name that plugins see and ignore: there are no hosts behind a unix socket. */
const authority = 'http://localhost';

/**
 * The connection to one plugin: dialled by the first request, and again after it broke. Idle, it does not keep the
 * process alive. Fits `sessionManager` of Connect's transport.
 */
export class PluginConnection {
  readonly authority = authority;
  readonly #socketPath: string;
  #live: Promise<http2.ClientHttp2Session> | undefined;
  #session: http2.ClientHttp2Session | undefined;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** Whether a request would find a connection that seems sound. */
  get isOpen(): boolean {
    const session = this.#session;
    return this.#live !== undefined && session !== undefined && !session.closed && !session.destroyed;
  }

  /** Opens a stream. Rejects with what the socket or the session says. */
  async request(
    method: string,
    path: string,
    headers: http2.OutgoingHttpHeaders,
    options?: http2.ClientSessionRequestOptions,
  ): Promise<http2.ClientHttp2Stream> {
    if (!this.isOpen && this.#session !== undefined) this.close();
    this.#live ??= this.#dial();
    const session = await this.#live;
    const stream = session.request({ ...headers, ':method': method, ':path': path }, options);
    session.ref();
    stream.once('close', () => {
      if (!session.destroyed) session.unref();
    });
    return stream;
  }

  /** Part of Connect's interface; nobody counts bytes here. */
  notifyResponseByteRead(): void {}

  /** Ends the connection and what is under way on it; the next request dials anew. */
  close(): void {
    const session = this.#session;
    this.#session = undefined;
    this.#live = undefined;
    session?.destroy();
  }

  /** Resolves when the other side has sent its settings: only then is it known to speak HTTP/2. */
  #dial(): Promise<http2.ClientHttp2Session> {
    const socket = net.connect({ path: this.#socketPath });
    const session = http2.connect(authority, { createConnection: () => socket });
    this.#session = session;
    const { promise, resolve, reject } = Promise.withResolvers<http2.ClientHttp2Session>();
    // The listeners stay: an error that comes after the session was given up must find one.
    socket.on('error', reject);
    session.on('error', reject);
    session.once('close', () => reject(new Error('the connection was closed')));
    session.once('remoteSettings', () => {
      session.unref();
      resolve(session);
    });
    return promise;
  }
}
