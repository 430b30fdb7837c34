import type * as http2 from 'node:http2';
import type { DescMessage } from '@bufbuild/protobuf';
import { encodeFrame, encodeFrameStart, FrameReader } from './grpc-frames.ts';
import { GrpcFault, type GrpcStatus, statusCodes, statusTrailers } from './grpc-status.ts';
import { type Call, MessageInPieces, type ResponseOf, type ResponseSink, type RpcMethod } from './methods.ts';
import type { UnreadResponses } from './unread-responses.ts';

export interface GrpcCallOptions {
  /** Largest request; a larger one is refused before its bytes are read. */
  readonly maxRequestBytes: number;
  /** The status of what a handler has thrown. */
  readonly statusOf: (error: unknown) => GrpcStatus;
  /** Aborted when the server stops. */
  readonly stopping: AbortSignal;
  /** Of all calls. */
  readonly unread: UnreadResponses;
}

const responseHeaders = { ':status': 200, 'content-type': 'application/grpc' } as const;
const stopped: GrpcStatus = { code: statusCodes.unavailable, message: 'etcdserver: server stopped' };
const http2NoError = 0;
/** How long a call that has ended may still send requests. */
const lingerMs = 1000;

/** One call on its HTTP/2 stream: reads requests, asks the handler, writes responses and the trailers. */
export class GrpcCall implements Call {
  readonly #stream: http2.ServerHttp2Stream;
  readonly #method: RpcMethod;
  readonly #options: GrpcCallOptions;
  #aborter: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timedOut = false;
  #status: GrpcStatus | undefined;
  #corked = false;
  requestBytes = 0;

  constructor(stream: http2.ServerHttp2Stream, method: RpcMethod, options: GrpcCallOptions) {
    this.#stream = stream;
    this.#method = method;
    this.#options = options;
  }

  /** Made when it is asked for: most calls are over before anything could be aborted. */
  get signal(): AbortSignal {
    return this.#abortController().signal;
  }

  #abortController(): AbortController {
    if (this.#aborter !== undefined) return this.#aborter;
    const aborter = new AbortController();
    this.#aborter = aborter;
    const stop = () => aborter.abort();
    if (this.#stream.destroyed || this.#options.stopping.aborted) stop();
    this.#options.stopping.addEventListener('abort', stop, { once: true });
    this.#stream.once('close', () => {
      this.#options.stopping.removeEventListener('abort', stop);
      stop();
    });
    return aborter;
  }

  /** Takes the stream to its end. `timeoutMs` is the client's deadline, if it has one. */
  run(timeoutMs: number | undefined): void {
    const { handler } = this.#method;
    // A reset by the client is an error event; the close event that follows is what matters.
    this.#stream.on('error', () => {});
    this.#stream.once('wantTrailers', () => this.#sendTrailers());
    if (handler.kind === 'bidi_streaming') {
      this.#startStream(timeoutMs);
      this.#finish(handler.answer(this.#requests(), this.#sink(), this));
      return;
    }
    this.#readOne((request) => {
      if (handler.kind === 'server_streaming') {
        this.#startStream(timeoutMs);
        this.#finish(handler.answer(request, this.#sink(), this));
      } else this.#answer(handler.answer(request, this));
    });
  }

  /** Collects the one request of a call and passes it on; refuses what is too large, cut off or not a message. */
  #readOne(then: (request: unknown) => void): void {
    const reader = new FrameReader(this.#options.maxRequestBytes);
    let message: Uint8Array | undefined;
    this.#stream.on('data', (chunk: Uint8Array) => {
      if (this.#status !== undefined) return;
      try {
        for (const found of reader.push(chunk)) {
          if (message !== undefined) throw new GrpcFault(statusCodes.internal, 'grpc: more than one request');
          message = found;
        }
      } catch (error) {
        this.#refuse(error);
      }
    });
    this.#stream.once('end', () => {
      if (this.#status !== undefined) return;
      try {
        if (message === undefined || !reader.atBoundary) throw cutOff();
        then(this.#decode(message));
      } catch (error) {
        this.#refuse(error);
      }
    });
  }

  async *#requests(): AsyncGenerator<unknown, void> {
    const reader = new FrameReader(this.#options.maxRequestBytes);
    // The stream outlives its requests: responses may follow the last one.
    const chunks = this.#stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
    for await (const chunk of chunks) {
      for (const message of reader.push(chunk)) yield this.#decode(message);
    }
    if (!reader.atBoundary) throw cutOff();
  }

  #decode(message: Uint8Array): unknown {
    this.requestBytes = message.length;
    try {
      return this.#method.decode(message);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new GrpcFault(statusCodes.internal, `grpc: error unmarshalling request: ${reason}`);
    }
  }

  #answer(response: unknown): void {
    if (!(response instanceof Promise)) this.#respond(response);
    else {
      response.then((value) => this.#respond(value)).catch((error: unknown) => this.#refuse(error));
    }
  }

  #respond(response: unknown): void {
    if (response instanceof MessageInPieces) {
      this.#finish(this.#respondInPieces(response));
      return;
    }
    const frame = encodeFrame(this.#method.encode(response));
    if (this.#stream.destroyed) return;
    this.#options.unread.add(this.#stream, frame.length);
    this.#status = { code: statusCodes.ok, message: '' };
    this.#stream.respond(responseHeaders, { waitForTrailers: true });
    this.#stream.end(frame);
  }

  /** Who does not read holds one piece of the message in memory, not all of it. */
  async #respondInPieces({ sizeBytes, pieces }: MessageInPieces): Promise<void> {
    const stream = this.#stream;
    const first = pieces.next();
    if (stream.destroyed) return;
    stream.respond(responseHeaders, { waitForTrailers: true });
    let bytes = first.done === true ? undefined : encodeFrameStart(sizeBytes, first.value);
    while (bytes !== undefined && !this.#isOver()) {
      if (!stream.write(bytes)) await this.#drained();
      const next = pieces.next();
      bytes = next.done === true ? undefined : next.value;
    }
  }

  /** Whether nobody waits for an answer any more. */
  #isOver(): boolean {
    return this.#stream.destroyed || this.#options.stopping.aborted;
  }

  #startStream(timeoutMs: number | undefined): void {
    if (this.#stream.destroyed) return;
    this.#stream.respond(responseHeaders, { waitForTrailers: true });
    // A handler that waits for requests does not notice: the call is ended over its head.
    this.signal.addEventListener('abort', () => {
      const interruption = this.#interruption();
      if (interruption !== undefined) this.#end(interruption);
    });
    if (timeoutMs === undefined) return;
    this.#timer = setTimeout(() => {
      this.#timedOut = true;
      this.#abortController().abort();
    }, timeoutMs);
    this.#stream.once('close', () => clearTimeout(this.#timer));
  }

  #sink(): ResponseSink<DescMessage> {
    return { send: (message: ResponseOf<DescMessage>) => this.#send(message) };
  }

  #send(message: ResponseOf<DescMessage>): Promise<void> | undefined {
    const stream = this.#stream;
    if (stream.destroyed || stream.writableEnded) return undefined;
    // Messages of one turn of the event loop leave together.
    if (!this.#corked) {
      this.#corked = true;
      stream.cork();
      process.nextTick(() => {
        this.#corked = false;
        stream.uncork();
      });
    }
    const room = stream.write(encodeFrame(this.#method.encode(message)));
    return room ? undefined : this.#drained();
  }

  #drained(): Promise<void> {
    const stream = this.#stream;
    const { signal } = this;
    return new Promise((resolve) => {
      const done = () => {
        stream.off('drain', done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      stream.on('drain', done);
      signal.addEventListener('abort', done);
      if (signal.aborted) done();
    });
  }

  #finish(work: Promise<void>): void {
    work
      .then(() => this.#end(this.#interruption() ?? { code: statusCodes.ok, message: '' }))
      .catch((error: unknown) => this.#end(this.#interruption() ?? this.#statusOf(error)));
  }

  /** Why the handler was told to stop, if it was. */
  #interruption(): GrpcStatus | undefined {
    if (this.#timedOut) return { code: statusCodes.deadlineExceeded, message: 'context deadline exceeded' };
    return this.#options.stopping.aborted ? stopped : undefined;
  }

  #refuse(error: unknown): void {
    this.#end(this.#statusOf(error));
  }

  #statusOf(error: unknown): GrpcStatus {
    return error instanceof GrpcFault ? error.status : this.#options.statusOf(error);
  }

  /** Ends the call with a status: as trailers of what was sent, or alone. */
  #end(status: GrpcStatus): void {
    const stream = this.#stream;
    if (stream.destroyed || this.#status !== undefined) return;
    this.#status = status;
    if (stream.headersSent) stream.end();
    else {
      stream.once('finish', () => this.#closeSoon());
      stream.respond({ ...responseHeaders, ...statusTrailers(status) }, { endStream: true });
    }
    // Nobody reads what else the client sends.
    stream.resume();
  }

  #sendTrailers(): void {
    const stream = this.#stream;
    if (stream.destroyed) return;
    stream.sendTrailers(statusTrailers(this.#status ?? { code: statusCodes.ok, message: '' }));
    // A client that goes on sending would keep the stream open. A reset now could overtake the trailers.
    if (!stream.readableEnded) this.#closeSoon();
  }

  #closeSoon(): void {
    const waitMs = this.#options.stopping.aborted ? lingerMs / 20 : lingerMs;
    setTimeout(() => this.#stream.close(http2NoError), waitMs).unref();
  }
}

function cutOff(): GrpcFault {
  return new GrpcFault(statusCodes.internal, 'grpc: the request is cut off');
}

/** Milliseconds of a `grpc-timeout` header: up to eight digits and a unit; undefined when it is absent or malformed. */
export function parseGrpcTimeout(text: string | undefined): number | undefined {
  const found = /^(\d{1,8})([HMSmun])$/.exec(text ?? '');
  if (found === null) return undefined;
  const unitMs: Readonly<Record<string, number>> = {
    H: 3_600_000,
    M: 60_000,
    S: 1000,
    m: 1,
    u: 0.001,
    n: 0.000_001,
  };
  const ms = Math.ceil(Number(found[1]) * unitMs[found[2]!]!);
  // A timer cannot be longer; whoever asks for more than three weeks gets no limit.
  return ms > 0x7fff_ffff ? undefined : ms;
}
