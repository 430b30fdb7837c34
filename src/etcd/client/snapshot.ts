import * as http2 from 'node:http2';
import { HoldfastError } from '../../base/index.ts';
import { tokenHeader } from './authentication.ts';
import type { Calls } from './calls.ts';
import type { EndpointChannel } from './endpoint-set.ts';
import { type CallSituation, connectionLost, etcdError, interruption, serverError } from './etcd-error.ts';
import type { CallOptions } from './options.ts';
import { SnapshotDecoder, type SnapshotMessage } from './snapshot-decoder.ts';

/** Takes a snapshot stream as it arrives. What a method throws ends the call and is thrown by it. */
export interface SnapshotReceiver {
  /**
   * The next bytes: of the database, then of its digest. They may be kept; nobody writes to them again. The stream
   * waits while a returned promise is pending.
   */
  blob(bytes: Uint8Array): Promise<void> | undefined;
  /** A message is complete; its blob has been passed on. */
  message(message: SnapshotMessage): void;
}

export interface SnapshotOptions extends CallOptions {
  /** Fail with SAVE_STALLED after this long without a byte; default 30000; 0: wait for ever. */
  readonly stallTimeoutMs?: number;
}

export interface SnapshotTotals {
  /** The endpoint that served the stream. */
  readonly endpoint: string;
  /** Bytes of all blobs, digest included. */
  readonly sizeBytes: number;
}

export const defaultStallTimeoutMs = 30_000;
/** etcd that fails to read its database goes on sending empty messages for ever; a healthy one sends none. */
const emptyMessageLimit = 64;
const path = '/etcdserverpb.Maintenance/Snapshot';
/** gRPC frame of the empty request: no compression, length 0. */
const emptyRequest = new Uint8Array(5);

/**
 * Streams a member's database to a receiver. `timeoutMs` is not looked at: use a signal for an overall limit.
 *
 * Errors: those of any call; SAVE_STALLED; CONNECTION_LOST; SNAPSHOT_INCOMPLETE (the stream ends inside a message);
 * RECORD_INVALID; what the receiver throws.
 */
export function receiveSnapshot(
  calls: Calls,
  receiver: SnapshotReceiver,
  options: SnapshotOptions,
): Promise<SnapshotTotals> {
  return calls.withToken(options, (token) =>
    calls.failOver(options, token, false, async (channel) => {
      const situation = calls.situation(channel, options);
      try {
        const signal = calls.signalOf(options);
        const stream = await unlessAborted(openStream(channel, token), signal);
        return await new SnapshotCall(stream, receiver, situation, options).run(signal);
      } catch (error) {
        throw etcdError(error, situation);
      }
    }),
  );
}

function openStream(channel: EndpointChannel, token: string | undefined): Promise<http2.ClientHttp2Stream> {
  return channel.connection.request('POST', path, {
    'content-type': 'application/grpc',
    te: 'trailers',
    ...(token !== undefined && { [tokenHeader]: token }),
  });
}

/** Stops waiting when the signal is aborted; the client closes what opens later. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(interruption(signal.reason));
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** One Snapshot call on an open HTTP/2 stream. */
class SnapshotCall {
  readonly #stream: http2.ClientHttp2Stream;
  readonly #receiver: SnapshotReceiver;
  readonly #situation: CallSituation;
  readonly #stallTimeoutMs: number;
  readonly #decoder: SnapshotDecoder;
  readonly #result = Promise.withResolvers<SnapshotTotals>();
  #status: http2.IncomingHttpHeaders | undefined;
  #sizeBytes = 0;
  #emptyMessages = 0;
  #waiting: Promise<void> | undefined;
  #lastByteMs = performance.now();

  constructor(
    stream: http2.ClientHttp2Stream,
    receiver: SnapshotReceiver,
    situation: CallSituation,
    options: SnapshotOptions,
  ) {
    this.#stream = stream;
    this.#receiver = receiver;
    this.#situation = situation;
    this.#stallTimeoutMs = options.stallTimeoutMs ?? defaultStallTimeoutMs;
    this.#decoder = new SnapshotDecoder({
      blob: (bytes) => this.#onBlob(bytes),
      message: (message) => this.#onMessage(message),
    });
  }

  async run(signal: AbortSignal): Promise<SnapshotTotals> {
    const stream = this.#stream;
    const onAbort = () => this.#result.reject(interruption(signal.reason));
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    const watchdog = this.#startWatchdog();
    stream.on('response', (headers) => this.#onResponse(headers));
    stream.on('trailers', (trailers: http2.IncomingHttpHeaders) => {
      this.#status = trailers;
    });
    stream.on('data', (chunk: Buffer) => this.#onData(chunk));
    stream.on('error', (error) => this.#result.reject(connectionLost(error, this.#situation)));
    stream.on('close', () => this.#onClose());
    stream.end(emptyRequest);
    try {
      return await this.#result.promise;
    } finally {
      clearInterval(watchdog);
      signal.removeEventListener('abort', onAbort);
      if (!stream.closed) stream.close(http2.constants.NGHTTP2_CANCEL);
    }
  }

  #startWatchdog(): NodeJS.Timeout | undefined {
    const limitMs = this.#stallTimeoutMs;
    if (limitMs === 0) return undefined;
    return setInterval(
      () => {
        // While the receiver makes the stream wait, silence is our own doing.
        if (this.#waiting !== undefined || performance.now() - this.#lastByteMs < limitMs) return;
        this.#result.reject(this.#stalled(`no data for ${limitMs} ms`));
      },
      Math.min(limitMs / 4, 1000),
    );
  }

  #onResponse(headers: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader): void {
    const type = headers['content-type'] ?? '';
    if (headers[':status'] !== 200 || !type.startsWith('application/grpc')) {
      const message = `${this.#situation.endpoint} answered with HTTP status ${String(headers[':status'])}, not gRPC`;
      this.#result.reject(
        new HoldfastError('ETCD_ERROR', message, {
          hint: 'Check that the endpoint is the client port of etcd.',
        }),
      );
    }
    if (headers['grpc-status'] !== undefined) this.#status = headers;
  }

  #onData(chunk: Uint8Array): void {
    try {
      this.#decoder.push(chunk);
    } catch (error) {
      this.#result.reject(error);
      this.#stream.close(http2.constants.NGHTTP2_CANCEL);
      return;
    }
    if (this.#waiting !== undefined) this.#stream.pause();
  }

  #onBlob(bytes: Uint8Array): void {
    this.#sizeBytes += bytes.length;
    this.#lastByteMs = performance.now();
    const wait = this.#receiver.blob(bytes);
    if (wait === undefined) return;
    this.#waiting = wait;
    wait.then(
      () => {
        // A later promise of the same chunk may have taken over.
        if (this.#waiting !== wait) return;
        this.#waiting = undefined;
        this.#lastByteMs = performance.now();
        this.#stream.resume();
      },
      (error: unknown) => this.#result.reject(error),
    );
  }

  #onMessage(message: SnapshotMessage): void {
    if (message.blobBytes === 0 && message.remainingBytes > 0) {
      if (++this.#emptyMessages < emptyMessageLimit) return;
      throw this.#stalled(
        `the member sends empty messages while ${message.remainingBytes} bytes are missing`,
      );
    }
    this.#emptyMessages = 0;
    this.#receiver.message(message);
  }

  #onClose(): void {
    const status = this.#status?.['grpc-status'];
    if (status === undefined) {
      this.#result.reject(connectionLost(new Error('the stream was closed'), this.#situation));
    } else if (status !== '0') {
      const text = this.#status?.['grpc-message'];
      this.#result.reject(serverError(Number(status), percentDecoded(text), this.#situation));
    } else if (!this.#decoder.atBoundary) {
      this.#result.reject(
        new HoldfastError('SNAPSHOT_INCOMPLETE', 'the snapshot stream ended inside a message', {
          details: { endpoint: this.#situation.endpoint },
        }),
      );
    } else {
      this.#result.resolve({ endpoint: this.#situation.endpoint, sizeBytes: this.#sizeBytes });
    }
  }

  #stalled(why: string): HoldfastError {
    return new HoldfastError(
      'SAVE_STALLED',
      `the snapshot from ${this.#situation.endpoint} stalled: ${why}`,
      {
        details: { endpoint: this.#situation.endpoint, receivedBytes: this.#sizeBytes },
      },
    );
  }
}

/** gRPC sends its messages percent-encoded; broken encodings stay as they are. */
function percentDecoded(text: string | string[] | undefined): string {
  const encoded = Array.isArray(text) ? text.join(', ') : (text ?? '');
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}
