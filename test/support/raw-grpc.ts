import { once } from 'node:events';
import * as http2 from 'node:http2';
import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { within } from './waiting.ts';

/** How a call ended: the trailers of gRPC. */
export interface CallEnd {
  readonly status: number;
  readonly message: string;
}

export interface RawMethod<I extends DescMessage, O extends DescMessage> {
  /** `package.Service/Method`. */
  readonly path: string;
  readonly input: I;
  readonly output: O;
}

/** A method of a generated service, with its types. */
export function rawMethod<I extends DescMessage, O extends DescMessage>(method: {
  readonly name: string;
  readonly parent: { readonly typeName: string };
  readonly input: I;
  readonly output: O;
}): RawMethod<I, O> {
  const { name, parent, input, output } = method;
  return { path: `${parent.typeName}/${name}`, input, output };
}

/** An HTTP/2 connection for calls that send what no proper client would, or read as slowly as a test likes. */
export class RawConnection implements AsyncDisposable {
  readonly session: http2.ClientHttp2Session;

  constructor(url: string, options: http2.SecureClientSessionOptions = {}) {
    this.session = http2.connect(url, options);
    this.session.on('error', () => {});
  }

  open<I extends DescMessage, O extends DescMessage>(
    method: RawMethod<I, O>,
    headers: http2.OutgoingHttpHeaders = {},
  ): RawCall<I, O> {
    const stream = this.session.request({
      ':method': 'POST',
      ':path': `/${method.path}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    return new RawCall(stream, method);
  }

  /** One request, one answer; rejects when there is none. */
  async call<I extends DescMessage, O extends DescMessage>(
    method: RawMethod<I, O>,
    request: MessageInitShape<I>,
  ): Promise<MessageShape<O>> {
    const call = this.open(method).send(request).endRequests();
    const reply = await call.next();
    if (reply !== undefined) return reply;
    const { status, message } = await call.end();
    throw new Error(`${method.path}: status ${status}: ${message}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.session.destroyed) return;
    const closed = once(this.session, 'close');
    this.session.destroy();
    await closed;
  }
}

export class RawCall<I extends DescMessage, O extends DescMessage> {
  readonly stream: http2.ClientHttp2Stream;
  readonly #method: RawMethod<I, O>;
  readonly #ended: Promise<CallEnd>;
  #chunks: Buffer[] = [];
  #chunkBytes = 0;
  /** What there has to be before it is worth looking for a message. */
  #wantedBytes = 5;

  constructor(stream: http2.ClientHttp2Stream, method: RawMethod<I, O>) {
    this.stream = stream;
    this.#method = method;
    this.#ended = endOf(stream);
  }

  send(message: MessageInitShape<I>): this {
    return this.sendBytes(frame(toBinary(this.#method.input, create(this.#method.input, message))));
  }

  sendBytes(bytes: Uint8Array): this {
    this.stream.write(bytes);
    return this;
  }

  endRequests(): this {
    this.stream.end();
    return this;
  }

  /** The next message; undefined when the call is over. Nothing is read that is not asked for. */
  next(): Promise<MessageShape<O> | undefined> {
    return within(60_000, `a message of ${this.#method.path}`, this.#next());
  }

  async #next(): Promise<MessageShape<O> | undefined> {
    for (;;) {
      const message = this.#takeMessage();
      if (message !== undefined) return fromBinary(this.#method.output, message);
      const chunk = this.stream.read() as Buffer | null;
      if (chunk !== null) {
        this.#chunks.push(chunk);
        this.#chunkBytes += chunk.length;
      } else if (this.stream.readableEnded || this.stream.destroyed) return undefined;
      else await this.#moved();
    }
  }

  #takeMessage(): Uint8Array | undefined {
    if (this.#chunkBytes < this.#wantedBytes) return undefined;
    const bytes = Buffer.concat(this.#chunks);
    this.#chunks = [bytes];
    this.#wantedBytes = 5 + (bytes.length < 5 ? 0 : bytes.readUInt32BE(1));
    if (bytes.length < this.#wantedBytes) return undefined;
    const rest = bytes.subarray(this.#wantedBytes);
    const message = bytes.subarray(5, this.#wantedBytes);
    this.#chunks = [rest];
    this.#chunkBytes = rest.length;
    this.#wantedBytes = 5;
    return message;
  }

  /** Resolves when there may be more to read, or nothing ever again. */
  #moved(): Promise<void> {
    const { stream } = this;
    return new Promise((resolve) => {
      const done = () => {
        for (const event of ['readable', 'end', 'close']) stream.off(event, done);
        resolve();
      };
      for (const event of ['readable', 'end', 'close']) stream.on(event, done);
    });
  }

  /** How it ended; what is still to come is thrown away. */
  end(): Promise<CallEnd> {
    this.stream.resume();
    return within(60_000, `the end of ${this.#method.path}`, this.#ended);
  }
}

/** A gRPC frame around a message. */
export function frame(message: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function endOf(stream: http2.ClientHttp2Stream): Promise<CallEnd> {
  return new Promise((resolve) => {
    const take = (headers: http2.IncomingHttpHeaders) => {
      const status = headers['grpc-status'];
      if (typeof status !== 'string') return;
      resolve({ status: Number(status), message: decodeURIComponent(String(headers['grpc-message'] ?? '')) });
    };
    stream.on('response', take);
    stream.on('trailers', take);
    stream.on('error', () => {});
    stream.on('close', () => resolve({ status: -1, message: 'no status' }));
  });
}
