import { setTimeout as delay } from 'node:timers/promises';
import {
  create,
  type DescMessage,
  type DescMethodBiDiStreaming,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import { type ErrorCode, HoldfastError, isHoldfastError } from '../../base/index.ts';
import { Authentication, tokenHeader } from './authentication.ts';
import type { EndpointChannel, EndpointSet } from './endpoint-set.ts';
import { type CallSituation, etcdError, interruption } from './etcd-error.ts';
import { Auth } from '../api.ts';
import { type CallOptions, defaultCommandTimeoutMs, type EtcdClientOptions } from './options.ts';

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

/** RPCs that change nothing and may be asked again elsewhere after the request left. */
const reads: ReadonlySet<string> = new Set([
  'Range',
  'LeaseTimeToLive',
  'LeaseLeases',
  'MemberList',
  'Status',
  'Hash',
  'HashKV',
  'AuthStatus',
  'Authenticate',
  'UserGet',
  'UserList',
  'RoleGet',
  'RoleList',
]);

const readRetries = 2;
const readRetryPauseMs = 100;

/** One attempt of a call on one endpoint, with the metadata that it must send. */
export type Attempt<T> = (channel: EndpointChannel, headers: Headers) => Promise<T>;

/** Sends calls: chooses the endpoint, adds the token, fails over, maps errors. */
export class Calls {
  readonly endpoints: EndpointSet;
  readonly #options: EtcdClientOptions;
  readonly #authentication: Authentication;
  readonly #closed = new AbortController();

  constructor(endpoints: EndpointSet, options: EtcdClientOptions) {
    this.endpoints = endpoints;
    this.#options = options;
    const { user } = options;
    this.#authentication = new Authentication(
      user &&
        (async () => {
          const request = { name: user.name, password: user.password };
          return (await this.#send(Auth.method.authenticate, request, {}, undefined)).token;
        }),
    );
  }

  /** A request with one answer. */
  async unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options: CallOptions = {},
  ): Promise<MessageShape<O>> {
    return this.withToken(options, (token) => this.#send(method, request, options, token));
  }

  /**
   * Opens a stream in both directions on the first endpoint that can be dialled. Errors met while reading are mapped,
   * too. The stream ends when `options.signal` is aborted.
   */
  async stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodBiDiStreaming<I, O>,
    requests: AsyncIterable<MessageInitShape<I>>,
    options: CallOptions,
    extraHeaders: Readonly<Record<string, string>> = {},
  ): Promise<AsyncIterable<MessageShape<O>>> {
    const signal = this.signalOf(options);
    return this.withToken(options, (token) =>
      this.failOver(options, token, false, async (channel, headers) => {
        for (const [name, value] of Object.entries(extraHeaders)) headers.set(name, value);
        const situation = this.situation(channel, options);
        try {
          const reply = await channel.transport.stream(method, signal, undefined, headers, requests);
          return mapErrors(reply.message, situation);
        } catch (error) {
          throw etcdError(error, situation);
        }
      }),
    );
  }

  /** Runs a call with a token; once more with a new one when the server no longer knows the old one. */
  async withToken<T>(options: CallOptions, call: (token: string | undefined) => Promise<T>): Promise<T> {
    const token = await this.#authentication.token();
    try {
      return await call(token);
    } catch (error) {
      if (!this.#authentication.isStale(error) || this.signalOf(options).aborted) throw error;
      this.#authentication.forget();
      return call(await this.#authentication.token());
    }
  }

  /**
   * Tries the endpoints in turn: always when nothing was sent, and for reads also when the member turned out to be
   * unable to serve. With several endpoints and no success the error speaks of all of them.
   */
  async failOver<T>(
    options: CallOptions,
    token: string | undefined,
    read: boolean,
    attempt: Attempt<T>,
  ): Promise<T> {
    const candidates = this.endpoints.candidates(options.endpoint);
    const failures: HoldfastError[] = [];
    for (const channel of candidates) {
      const headers = new Headers();
      if (token !== undefined) headers.set(tokenHeader, token);
      try {
        const result = await attempt(channel, headers);
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

  situation(channel: EndpointChannel, options: CallOptions, timeoutMs?: number): CallSituation {
    return {
      endpoint: channel.endpoint.text,
      signals: [options.signal, this.#options.signal, this.#closed.signal],
      timeoutMs,
      userGiven: this.#authentication.userGiven,
    };
  }

  async close(): Promise<void> {
    this.#closed.abort(new HoldfastError('INTERRUPTED', 'the etcd client was closed'));
    await this.endpoints.close();
  }

  async #send<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options: CallOptions,
    token: string | undefined,
  ): Promise<MessageShape<O>> {
    const limitMs = options.timeoutMs ?? this.#options.commandTimeoutMs ?? defaultCommandTimeoutMs;
    const deadline = limitMs > 0 ? performance.now() + limitMs : Number.POSITIVE_INFINITY;
    const read = reads.has(method.name);
    const signal = this.signalOf(options);
    const once = () =>
      this.failOver(options, token, read, async (channel, headers) => {
        const leftMs = Number.isFinite(deadline)
          ? Math.max(1, Math.ceil(deadline - performance.now()))
          : undefined;
        try {
          const message = create(method.input, request);
          const reply = await channel.transport.unary(method, signal, leftMs, headers, message);
          return reply.message;
        } catch (error) {
          throw etcdError(error, this.situation(channel, options, limitMs > 0 ? limitMs : undefined));
        }
      });
    for (let retries = 0; ; retries++) {
      try {
        return await once();
      } catch (error) {
        const pauseMs = readRetryPauseMs * 2 ** retries;
        const again = read && retries < readRetries && wasUnavailable(error);
        if (!again || performance.now() + pauseMs > deadline) throw error;
        await pause(pauseMs, signal);
      }
    }
  }
}

async function* mapErrors<T>(messages: AsyncIterable<T>, situation: CallSituation): AsyncIterable<T> {
  try {
    yield* messages;
  } catch (error) {
    throw etcdError(error, situation);
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
