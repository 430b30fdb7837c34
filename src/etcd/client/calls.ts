import { setTimeout as delay } from 'node:timers/promises';
import { type ErrorCode, HoldfastError, isHoldfastError } from '../../base/index.ts';
import type { AuthenticateResponse } from '../api.ts';
import { Authentication, tokenHeader } from './authentication.ts';
import type { EndpointChannel, EndpointSet } from './endpoint-set.ts';
import { type CallSituation, interruption } from './etcd-error.ts';
import {
  type CallOptions,
  defaultCommandTimeoutMs,
  type EtcdClientOptions,
  type EtcdUser,
} from './options.ts';
import type { Metadata } from './metadata.ts';
import type { ServiceName } from './service-names.ts';

/** Codes that only a failed dial gives: the request never left, so that another endpoint may get it, write or not. */
const nothingSent: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ETCD_UNREACHABLE',
  'TLS_UNTRUSTED',
  'TLS_NAME_MISMATCH',
  'TLS_CERT_EXPIRED',
  'TLS_CLIENT_CERT_REJECTED',
  'SERVER_REQUIRES_TLS',
  'SERVER_SPEAKS_PLAINTEXT',
]);

/** Methods that change nothing and may be asked again elsewhere after the request left. */
const reads: ReadonlySet<string> = new Set([
  'range',
  'leaseTimeToLive',
  'leaseLeases',
  'memberList',
  'status',
  'hash',
  'hashKV',
  'authStatus',
  'authenticate',
  'userGet',
  'userList',
  'roleGet',
  'roleList',
]);

const readRetries = 2;
const readRetryPauseMs = 100;

/** A method of the API: service, and name in lower camel case. */
export interface MethodName {
  readonly service: ServiceName;
  readonly method: string;
}

type GrpcLibrary = typeof import('./grpc.ts');
type GrpcTransport = GrpcLibrary & { readonly transport: ReturnType<GrpcLibrary['createTransport']> };

/** Sends calls: chooses the endpoint, adds the token, fails over. */
export class Calls {
  readonly endpoints: EndpointSet;
  readonly #options: EtcdClientOptions;
  readonly #authentication: Authentication;
  readonly #closed = new AbortController();
  readonly #transports = new WeakMap<EndpointChannel, Promise<GrpcTransport>>();

  constructor(endpoints: EndpointSet, options: EtcdClientOptions) {
    this.endpoints = endpoints;
    this.#options = options;
    const { user } = options;
    this.#authentication = new Authentication(user && (() => this.#fetchToken(user)));
  }

  get userGiven(): boolean {
    return this.#authentication.userGiven;
  }

  /** A request with one answer; both are the messages of the method. */
  async unary(name: MethodName, request: object, options: CallOptions = {}): Promise<object> {
    return this.withMetadata(options, (metadata) => this.#send(name, request, options, metadata));
  }

  /**
   * Opens a stream in both directions on the first endpoint that can be dialled. It ends when `options.signal` is
   * aborted.
   */
  async stream(
    name: MethodName,
    requests: AsyncIterable<object>,
    options: CallOptions,
    extraMetadata: Metadata = {},
  ): Promise<AsyncIterable<object>> {
    const signal = this.signalOf(options);
    return this.withMetadata(options, (metadata) =>
      this.failOver(options, false, async (channel) => {
        const { openStream, transport } = await this.#grpc(channel);
        const call = { ...name, metadata: { ...metadata, ...extraMetadata }, signal };
        return openStream(transport, call, requests, this.situation(channel, options));
      }),
    );
  }

  /** Runs a call with the token of the user; once more with a new one when the server no longer knows the old one. */
  async withMetadata<T>(options: CallOptions, call: (metadata: Metadata) => Promise<T>): Promise<T> {
    try {
      return await call(await this.#metadata());
    } catch (error) {
      if (this.signalOf(options).aborted || !this.dropStaleToken(error)) throw error;
      return call(await this.#metadata());
    }
  }

  async #metadata(): Promise<Metadata> {
    const token = await this.#authentication.token();
    return token === undefined ? {} : { [tokenHeader]: token };
  }

  /**
   * Whether a call failed because the server does not know its token any more; the next call gets a new one then.
   * Streams ask, because their refusal may come in a message, long after they were opened.
   */
  dropStaleToken(error: unknown): boolean {
    const stale = this.#authentication.isStale(error);
    if (stale) this.#authentication.forget();
    return stale;
  }

  /**
   * Tries the endpoints in turn: always when nothing was sent, and for reads also when the member turned out to be
   * unable to serve. With several endpoints and no success the error speaks of all of them.
   */
  async failOver<T>(
    options: CallOptions,
    read: boolean,
    attempt: (channel: EndpointChannel) => Promise<T>,
  ): Promise<T> {
    const candidates = this.endpoints.candidates(options.endpoint);
    const failures: HoldfastError[] = [];
    for (const channel of candidates) {
      try {
        const result = await attempt(channel);
        this.endpoints.prefer(channel);
        return result;
      } catch (error) {
        if (!isHoldfastError(error) || !mayGoElsewhere(error, read)) throw error;
        failures.push(error);
      }
    }
    throw allFailed(failures);
  }

  /** Aborted when the caller, the client's owner or `close` ends the call. */
  signalOf(options: CallOptions): AbortSignal {
    const given = [options.signal, this.#options.signal].filter((signal) => signal !== undefined);
    return AbortSignal.any([this.#closed.signal, ...given]);
  }

  situation(channel: EndpointChannel, options: CallOptions): CallSituation {
    return {
      endpoint: channel.endpoint.text,
      signals: [options.signal, this.#options.signal, this.#closed.signal],
      userGiven: this.userGiven,
    };
  }

  async close(): Promise<void> {
    this.#closed.abort(new HoldfastError('INTERRUPTED', 'the etcd client was closed'));
    await this.endpoints.close();
  }

  async #send(name: MethodName, request: object, options: CallOptions, metadata: Metadata): Promise<object> {
    const limitMs = options.timeoutMs ?? this.#options.commandTimeoutMs ?? defaultCommandTimeoutMs;
    const deadline = limitMs > 0 ? performance.now() + limitMs : undefined;
    const read = reads.has(name.method);
    const signal = this.signalOf(options);
    for (let retries = 0; ; retries++) {
      try {
        return await this.failOver(options, read, async (channel) => {
          const { sendUnary, transport } = await this.#grpc(channel);
          // gRPC takes whole milliseconds only.
          const leftMs =
            deadline === undefined ? undefined : Math.max(1, Math.ceil(deadline - performance.now()));
          const timeoutMs = limitMs > 0 ? limitMs : undefined;
          const situation = { ...this.situation(channel, options), service: name.service, timeoutMs };
          return sendUnary(transport, { ...name, metadata, signal }, request, leftMs, situation);
        });
      } catch (error) {
        const pauseMs = readRetryPauseMs * 2 ** retries;
        const timeLeft = deadline === undefined || performance.now() + pauseMs < deadline;
        if (!read || retries === readRetries || !wasUnavailable(error) || !timeLeft) throw error;
        await pause(pauseMs, signal);
      }
    }
  }

  async #fetchToken(user: EtcdUser): Promise<string> {
    const request = { name: user.name, password: user.password };
    const reply = await this.#send({ service: 'Auth', method: 'authenticate' }, request, {}, {});
    return (reply as AuthenticateResponse).token;
  }

  /** The gRPC library, loaded by the first call that needs it, with the transport of a channel. */
  #grpc(channel: EndpointChannel): Promise<GrpcTransport> {
    let grpc = this.#transports.get(channel);
    if (grpc === undefined) {
      grpc = import('./grpc.ts').then((grpcModule) => ({
        ...grpcModule,
        transport: grpcModule.createTransport(channel.connection, this.#options),
      }));
      this.#transports.set(channel, grpc);
    }
    return grpc;
  }
}

/** Waits; throws INTERRUPTED when aborted meanwhile. */
export async function pause(timeMs: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(timeMs, undefined, { signal });
  } catch {
    throw interruption(signal.reason);
  }
}

/** Whether a member answered that it cannot serve, or broke off. */
export function wasUnavailable(error: unknown): boolean {
  return isHoldfastError(error) && (error.code === 'ETCD_UNAVAILABLE' || error.code === 'CONNECTION_LOST');
}

/** Whether no request left, because no connection could be made. */
export function wasUnreachable(error: unknown): boolean {
  return isHoldfastError(error) && nothingSent.has(error.code);
}

function mayGoElsewhere(error: HoldfastError, read: boolean): boolean {
  return wasUnreachable(error) || (read && wasUnavailable(error));
}

function allFailed(failures: readonly HoldfastError[]): HoldfastError {
  const [first] = failures;
  if (first === undefined) throw new HoldfastError('DEFECT', 'a call was tried on no endpoint');
  if (failures.length === 1) return first;
  const sameCode = failures.every((failure) => failure.code === first.code);
  const why = failures.map((failure) => failure.message).join('; ');
  return new HoldfastError(sameCode ? first.code : 'ETCD_UNREACHABLE', `no endpoint answered: ${why}`, {
    details: { endpoints: failures.map((failure) => String(failure.details['endpoint'] ?? '')) },
    cause: first,
  });
}
