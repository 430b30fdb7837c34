import * as http2 from 'node:http2';
import { HoldfastError } from '../../base/index.ts';
import type { Calls } from './calls.ts';
import type { EtcdConnection } from './connection.ts';
import { type CallSituation, connectionLost, etcdError, interruption, serverError } from './etcd-error.ts';
import type { CallOptions } from './options.ts';
import { SnapshotDecoder, type SnapshotMessage } from './snapshot-decoder.ts';
import type { Metadata } from './metadata.ts';

/** Takes a snapshot stream as it arrives. What a method throws ends the call and is thrown by it. */
export interface SnapshotReceiver {
  /**
   * The next bytes: of the database, then of its digest. They are overwritten when it returns. While a returned
   * promise is pending at most one window (16 MiB) more arrives.
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
  return calls.withMetadata(options, (metadata) =>
    calls.failOver(options, false, async (channel) => {
      const situation = calls.situation(channel, options);
      // A connection of its own, because only one stream of a connection can be diverted.
      const connection = channel.divertingConnection();
      try {
        const call = new SnapshotCall(connection, receiver, situation, options);
        return await call.run(metadata, calls.signalOf(options));
      } finally {
        await connection.close();
      }
    }),
  );
}

/** Stops waiting when the signal is aborted. */
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

/** One Snapshot call. */
class SnapshotCall {
  readonly #connection: EtcdConnection;
  readonly #receiver: SnapshotReceiver;
  readonly #situation: CallSituation;
  readonly #stallTimeoutMs: number;
  readonly #decoder: SnapshotDecoder;
  readonly #result = Promise.withResolvers<SnapshotTotals>();
  #status: http2.IncomingHttpHeaders | undefined;
  #failed = false;
  #responded = false;
  /** Data that makes no sense, met before the headers could say that it is no gRPC. */
  #earlyFailure: unknown;
  #sizeBytes = 0;
  #emptyMessages = 0;
  #waiting: Promise<void> | undefined;
  #lastByteMs = performance.now();

  constructor(
    connection: EtcdConnection,
    receiver: SnapshotReceiver,
    situation: CallSituation,
    options: SnapshotOptions,
  ) {
    this.#connection = connection;
    this.#receiver = receiver;
    this.#situation = situation;
    this.#stallTimeoutMs = options.stallTimeoutMs ?? defaultStallTimeoutMs;
    this.#decoder = new SnapshotDecoder({
      blob: (bytes) => this.#onBlob(bytes),
      message: (message) => this.#onMessage(message),
    });
  }

  async run(metadata: Metadata, signal: AbortSignal): Promise<SnapshotTotals> {
    const headers = { 'content-type': 'application/grpc', te: 'trailers', ...metadata };
    const opening = this.#connection
      .requestDiverted(path, headers, (chunk) => this.#onData(chunk))
      .catch((error: unknown) => {
        throw etcdError(error, this.#situation);
      });
    const stream = await unlessAborted(opening, signal);
    this.#lastByteMs = performance.now();
    const watchdog = this.#startWatchdog();
    stream.on('response', (responseHeaders) => this.#onResponse(responseHeaders));
    stream.on('trailers', (trailers: http2.IncomingHttpHeaders) => {
      this.#status = trailers;
    });
    stream.on('error', (error: Error) => this.#fail(connectionLost(error.message, this.#situation, error)));
    stream.on('close', () => this.#onClose());
    // No data arrives here, but the stream only closes when somebody reads it to its end.
    stream.resume();
    stream.end(emptyRequest);
    try {
      return await unlessAborted(this.#result.promise, signal);
    } finally {
      this.#failed = true;
      clearInterval(watchdog);
      if (!stream.closed) stream.close(http2.constants.NGHTTP2_CANCEL);
    }
  }

  #startWatchdog(): NodeJS.Timeout | undefined {
    const limitMs = this.#stallTimeoutMs;
    if (limitMs === 0) return undefined;
    // While the receiver makes the stream wait, silence is our own doing.
    const isSilent = () => this.#waiting === undefined && performance.now() - this.#lastByteMs >= limitMs;
    const check = () => {
      if (isSilent()) this.#fail(this.#stalled(`no data for ${limitMs} ms`));
    };
    return setInterval(
      () => {
        // Where this process was held up for so long, what has come meanwhile is read before the second look.
        if (isSilent()) setImmediate(check);
      },
      Math.min(limitMs / 4, 1000),
    );
  }

  #onResponse(headers: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader): void {
    const type = headers['content-type'] ?? '';
    const status = headers[':status'];
    this.#responded = true;
    if (status !== 200 || !type.startsWith('application/grpc')) {
      const message = `${this.#situation.endpoint} answered with HTTP status ${String(status)}, not gRPC`;
      const hint = 'Check that the endpoint is the client port of etcd.';
      this.#fail(new HoldfastError('ETCD_ERROR', message, { hint }));
    } else if (this.#earlyFailure !== undefined) {
      this.#fail(this.#earlyFailure);
    }
    if (headers['grpc-status'] !== undefined) this.#status = headers;
  }

  #fail(error: unknown): void {
    this.#failed = true;
    this.#result.reject(error);
  }

  #onData(chunk: Uint8Array): Promise<void> | undefined {
    // What arrives after a failure and before the stream is gone concerns nobody.
    if (this.#failed) return undefined;
    try {
      this.#decoder.push(chunk);
    } catch (error) {
      this.#failed = true;
      // Headers come first, but their way through node:http2 is longer than that of the data.
      if (this.#responded) this.#fail(error);
      else this.#earlyFailure = error;
    }
    return this.#waiting;
  }

  #onBlob(bytes: Uint8Array): void {
    this.#sizeBytes += bytes.length;
    this.#lastByteMs = performance.now();
    const wait = this.#receiver.blob(bytes);
    if (wait === undefined || wait === this.#waiting) return;
    this.#waiting = wait;
    wait.then(
      () => {
        // A later promise may have taken over.
        if (this.#waiting === wait) this.#waiting = undefined;
        this.#lastByteMs = performance.now();
      },
      (error: unknown) => this.#fail(error),
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
      this.#fail(connectionLost('the stream was closed', this.#situation));
    } else if (status !== '0') {
      const text = this.#status?.['grpc-message'];
      this.#fail(serverError(Number(status), percentDecoded(text), this.#situation));
    } else if (!this.#decoder.atBoundary) {
      this.#fail(
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
