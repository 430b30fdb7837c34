import * as http2 from 'node:http2';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { HoldfastError } from '../../base/index.ts';
import { DataDiverter } from './data-diverter.ts';
import { diagnose } from './diagnose.ts';
import { type DialPhase, dialError, unreachable } from './dial-error.ts';
import type { DialOptions } from './dial-options.ts';
import { addressOf, type Endpoint } from './endpoint.ts';
import { tlsConnectOptions } from './tls-options.ts';

/** An open HTTP/2 connection whose other side has spoken HTTP/2. */
export interface DialledConnection {
  readonly session: http2.ClientHttp2Session;
  readonly socket: net.Socket;
  /** Between the two, when the options asked for it. */
  readonly diverter: DataDiverter | undefined;
}

/**
 * Receive window of the connection and of each stream. The default of 64 KiB makes a snapshot wait for a round trip
 * every few frames; this much may lie unread in memory when the disk is slower than the network.
 */
export const receiveWindowBytes = 16 << 20;

/**
 * Connects to an endpoint and waits until the server has sent its HTTP/2 settings: only then is it known that TLS was
 * accepted (in TLS 1.3 the server judges our certificate after we believe the handshake done) and that HTTP/2 is spoken.
 *
 * Errors: ETCD_UNREACHABLE, TLS_*, SERVER_REQUIRES_TLS, SERVER_SPEAKS_PLAINTEXT.
 */
export async function dial(endpoint: Endpoint, options: DialOptions): Promise<DialledConnection> {
  const attempt = new DialAttempt(endpoint, options);
  try {
    return await attempt.run();
  } catch (error) {
    options.signal.throwIfAborted();
    const situation = { endpoint, phase: attempt.phase, certPem: options.tls.certPem };
    const better = await diagnose(error, situation, options);
    throw better ?? dialError(error, situation);
  }
}

/** Opens the socket of an endpoint; TLS starts by itself where the endpoint wants it. */
function openSocket(
  endpoint: Endpoint,
  options: DialOptions,
  diverter: DataDiverter | undefined,
): net.Socket {
  // Node's types know `onread` for plain sockets only; TLS sockets take it the same way.
  const reading = diverter === undefined ? {} : { onread: diverter.onread };
  const socket =
    endpoint.security === 'tls'
      ? tls.connect({ ...tlsConnectOptions(endpoint, options.tls, options.secureContext()), ...reading })
      : net.connect({ ...addressOf(endpoint), ...reading });
  diverter?.attach(socket);
  return socket.setNoDelay(true);
}

class DialAttempt {
  phase: DialPhase = 'connect';
  readonly #endpoint: Endpoint;
  readonly #options: DialOptions;
  #session: http2.ClientHttp2Session | undefined;

  constructor(endpoint: Endpoint, options: DialOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
  }

  async run(): Promise<DialledConnection> {
    const diverter = this.#options.divertData ? new DataDiverter(receiveWindowBytes) : undefined;
    const socket = openSocket(this.#endpoint, this.#options, diverter);
    const { promise, resolve, reject } = Promise.withResolvers<DialledConnection>();
    const timer = setTimeout(() => reject(this.#timedOut()), this.#options.timeoutMs);
    const { signal } = this.#options;
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    // Close events come after the error that explains them; the promise keeps the first of the two.
    socket.on('error', reject).on('close', () => reject(closedEarly()));
    socket.once('connect', () => {
      this.phase = this.#endpoint.security === 'tls' ? 'tls' : 'http2';
    });
    socket.once(this.#endpoint.security === 'tls' ? 'secureConnect' : 'connect', () => {
      try {
        this.#startHttp2({ socket, diverter }, resolve, reject);
      } catch (error) {
        reject(error);
      }
    });
    try {
      return await promise;
    } catch (error) {
      this.#session?.destroy();
      socket.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.removeListener('error', reject);
      // A late error of a socket that is being dropped has nobody left to tell.
      socket.on('error', () => {});
    }
  }

  #startHttp2(
    { socket, diverter }: Omit<DialledConnection, 'session'>,
    resolve: (dialled: DialledConnection) => void,
    reject: (error: unknown) => void,
  ): void {
    if (socket instanceof tls.TLSSocket && socket.alpnProtocol !== 'h2') {
      throw unreachable(this.#endpoint, 'the server does not offer HTTP/2');
    }
    this.phase = 'http2';
    const session = http2.connect(this.#endpoint.origin, {
      createConnection: () => diverter ?? socket,
      settings: { enablePush: false, initialWindowSize: receiveWindowBytes },
      maxSessionMemory: 4 * (receiveWindowBytes >> 20),
    });
    this.#session = session;
    session.on('error', reject).on('close', () => reject(closedEarly()));
    session.once('connect', () => session.setLocalWindowSize(receiveWindowBytes));
    session.once('remoteSettings', () => resolve({ session, socket, diverter }));
  }

  #timedOut(): HoldfastError {
    const limit = `within ${this.#options.timeoutMs} ms`;
    const what: Record<DialPhase, string> = {
      connect: `no answer ${limit}`,
      tls: `connected, but no answer to the TLS handshake ${limit}`,
      http2: `connected, but no HTTP/2 answer ${limit}`,
    };
    return unreachable(this.#endpoint, what[this.phase]);
  }
}

function closedEarly(): Error {
  return Object.assign(new Error('connection closed by the server'), { code: 'EPIPE' });
}
