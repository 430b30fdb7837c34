import type * as http2 from 'node:http2';
import { HoldfastError } from '../../base/index.ts';
import type { DataHandler } from './data-diverter.ts';
import { type DialledConnection, dial } from './dial.ts';
import type { DialOptions } from './dial-options.ts';
import type { Endpoint } from './endpoint.ts';

export interface ConnectionOptions extends Omit<DialOptions, 'signal'> {
  /** A ping after this long without a byte, while a call is open. etcd punishes clients that ping every 5 s or less. */
  readonly keepAliveTimeMs: number;
  /** The connection is given up when a ping stays unanswered for this long. */
  readonly keepAliveTimeoutMs: number;
}

/**
 * The connection to one endpoint: dialled by the first request, dialled again after it broke or after the server said
 * that it is going away. Idle, it does not keep the process alive. Fits `sessionManager` of Connect's transport.
 */
export class EtcdConnection {
  readonly endpoint: Endpoint;
  readonly authority: string;
  readonly #options: ConnectionOptions;
  readonly #closed = new AbortController();
  #live: Promise<LiveConnection> | undefined;

  constructor(endpoint: Endpoint, options: ConnectionOptions) {
    this.endpoint = endpoint;
    this.authority = endpoint.origin;
    this.#options = options;
  }

  /** Opens a stream. Errors: those of `dial`; nothing was sent then. */
  async request(
    method: string,
    path: string,
    headers: http2.OutgoingHttpHeaders,
    options?: http2.ClientSessionRequestOptions,
  ): Promise<http2.ClientHttp2Stream> {
    const live = await this.#connected();
    return live.request({ ...headers, ':method': method, ':path': path }, options);
  }

  /**
   * Opens a stream whose data goes to a handler instead of to the stream. Only with the option `divertData`, and for
   * one stream of the connection.
   */
  async requestDiverted(
    path: string,
    headers: http2.OutgoingHttpHeaders,
    handler: DataHandler,
  ): Promise<http2.ClientHttp2Stream> {
    const live = await this.#connected();
    return live.requestDiverted({ ...headers, ':method': 'POST', ':path': path }, handler);
  }

  /** Part of Connect's interface; this class watches the socket itself. */
  notifyResponseByteRead(): void {}

  /** Ends the connection and every open stream. */
  async close(): Promise<void> {
    this.#closed.abort(new HoldfastError('INTERRUPTED', 'the etcd client was closed'));
    const live = this.#live;
    this.#live = undefined;
    // A dial that fails meanwhile has told its own caller.
    await live?.then(
      (connection) => connection.close(),
      () => {},
    );
  }

  async #connected(): Promise<LiveConnection> {
    this.#closed.signal.throwIfAborted();
    const existing = this.#live;
    if (existing !== undefined) {
      const live = await existing;
      if (live.usable) return live;
      if (this.#live === existing) this.#live = undefined;
    }
    return (this.#live ??= this.#dial());
  }

  async #dial(): Promise<LiveConnection> {
    try {
      const dialled = await dial(this.endpoint, { ...this.#options, signal: this.#closed.signal });
      return new LiveConnection(dialled, this.endpoint, this.#options);
    } catch (error) {
      this.#live = undefined;
      throw error;
    }
  }
}

/** One HTTP/2 session with its streams and its keep-alive. */
class LiveConnection {
  readonly #session: http2.ClientHttp2Session;
  readonly #socket: DialledConnection['socket'];
  readonly #diverter: DialledConnection['diverter'];
  readonly #endpoint: Endpoint;
  readonly #options: ConnectionOptions;
  #streams = 0;
  #goingAway = false;
  #keepAlive: NodeJS.Timeout | undefined;

  constructor(dialled: DialledConnection, endpoint: Endpoint, options: ConnectionOptions) {
    this.#session = dialled.session;
    this.#socket = dialled.socket;
    this.#diverter = dialled.diverter;
    this.#endpoint = endpoint;
    this.#options = options;
    this.#session.once('goaway', () => {
      this.#goingAway = true;
    });
    // Streams report the loss of their session by themselves; without streams there is nobody to tell.
    this.#session.on('error', () => {});
    this.#session.once('close', () => this.#stopKeepAlive());
    this.#session.unref();
  }

  get usable(): boolean {
    return !this.#goingAway && !this.#session.closed && !this.#session.destroyed;
  }

  request(
    headers: http2.OutgoingHttpHeaders,
    options: http2.ClientSessionRequestOptions | undefined,
  ): http2.ClientHttp2Stream {
    const stream = this.#session.request(headers, options);
    if (this.#streams++ === 0) {
      this.#session.ref();
      this.#startKeepAlive();
    }
    stream.once('close', () => {
      if (--this.#streams > 0) return;
      this.#stopKeepAlive();
      if (!this.#session.destroyed) this.#session.unref();
    });
    return stream;
  }

  requestDiverted(headers: http2.OutgoingHttpHeaders, handler: DataHandler): http2.ClientHttp2Stream {
    if (this.#diverter === undefined) throw new HoldfastError('DEFECT', 'this connection diverts no data');
    const stream = this.request(headers, {});
    // An open session gives its streams their numbers at once.
    this.#diverter.divert(stream.id!, handler);
    return stream;
  }

  close(): Promise<void> {
    this.#stopKeepAlive();
    if (this.#session.destroyed) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#session.once('close', () => resolve(undefined));
    this.#session.destroy();
    return promise;
  }

  #startKeepAlive(): void {
    let seenBytes = this.#socket.bytesRead;
    this.#keepAlive = setInterval(() => {
      const bytes = this.#socket.bytesRead;
      if (bytes === seenBytes) this.#ping();
      seenBytes = bytes;
    }, this.#options.keepAliveTimeMs);
    this.#keepAlive.unref();
  }

  #stopKeepAlive(): void {
    clearInterval(this.#keepAlive);
  }

  #ping(): void {
    if (this.#session.closed || this.#session.destroyed) return;
    const { keepAliveTimeoutMs } = this.#options;
    let isAnswered = false;
    const giveUp = () => {
      if (isAnswered) return;
      const message = `${this.#endpoint.text} did not answer a keep-alive ping within ${keepAliveTimeoutMs} ms`;
      this.#session.destroy(
        new HoldfastError('CONNECTION_LOST', message, { details: { endpoint: this.#endpoint.text } }),
      );
    };
    // Where this process was held up for so long, what has come meanwhile is read before it gives up.
    const timer = setTimeout(() => setImmediate(giveUp), keepAliveTimeoutMs);
    timer.unref();
    this.#session.ping(() => {
      isAnswered = true;
      clearTimeout(timer);
    });
  }
}
