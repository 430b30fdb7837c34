import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodBiDiStreaming,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';

/** What a handler knows of the call beside its request. */
export interface Call {
  /** Aborted when the client has gone or canceled, when its deadline has passed, and when the server stops. */
  readonly signal: AbortSignal;
  /** Size of the (first) request as it came, without its frame. */
  readonly requestBytes: number;
}

/** A response that its handler has encoded itself: the bytes of the message. They are left alone until sent. */
export class EncodedMessage {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** A response that is made while its client reads it: what a client does not read is not made. */
export class MessageInPieces {
  /** Of the whole message. */
  readonly sizeBytes: number;
  /** They are left alone until sent. What it throws becomes the status of the call. */
  readonly pieces: Iterator<Uint8Array, unknown>;

  constructor(sizeBytes: number, pieces: Iterator<Uint8Array, unknown>) {
    this.sizeBytes = sizeBytes;
    this.pieces = pieces;
  }
}

export type ResponseOf<O extends DescMessage> = MessageInitShape<O> | EncodedMessage;

/** Where the responses of a stream go, in order. */
export interface ResponseSink<O extends DescMessage> {
  /**
   * Sends one. Returns nothing when the next may follow at once; otherwise a promise of when the client has taken
   * enough: whoever does not wait for it collects memory. It never rejects: a client that has gone aborts the signal.
   */
  send(message: ResponseOf<O>): Promise<void> | undefined;
}

/** A handler of one method. What it throws becomes the status of the call. */
export type MethodHandler<M extends DescMethod> =
  M extends DescMethodUnary<infer I, infer O>
    ? (
        request: MessageShape<I>,
        call: Call,
      ) => ResponseOf<O> | MessageInPieces | Promise<ResponseOf<O> | MessageInPieces>
    : M extends DescMethodServerStreaming<infer I, infer O>
      ? (request: MessageShape<I>, out: ResponseSink<O>, call: Call) => Promise<void>
      : M extends DescMethodBiDiStreaming<infer I, infer O>
        ? (requests: AsyncIterable<MessageShape<I>>, out: ResponseSink<O>, call: Call) => Promise<void>
        : never;

/** A handler for every method of a generated service. */
export type ServiceHandlers<S extends DescService> = {
  readonly [K in keyof S['method']]: MethodHandler<S['method'][K]>;
};

type Loose<Parameters extends readonly unknown[], Result> = (...parameters: Parameters) => Result;

/** One method with its types left behind: what the transport works with. */
export interface RpcMethod {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly decode: (bytes: Uint8Array) => unknown;
  readonly encode: (message: unknown) => Uint8Array;
  readonly handler:
    | { readonly kind: 'unary'; readonly answer: Loose<[unknown, Call], unknown> }
    | {
        readonly kind: 'server_streaming';
        readonly answer: Loose<[unknown, ResponseSink<DescMessage>, Call], Promise<void>>;
      }
    | {
        readonly kind: 'bidi_streaming';
        readonly answer: Loose<[AsyncIterable<unknown>, ResponseSink<DescMessage>, Call], Promise<void>>;
      };
}

/** The methods of a service, ready to be served. */
export function rpcMethods<S extends DescService>(service: S, handlers: ServiceHandlers<S>): RpcMethod[] {
  const byName = handlers as Readonly<Record<string, (...parameters: never[]) => unknown>>;
  return service.methods.map((method) => {
    const { localName, methodKind: kind, input, output } = method;
    if (kind === 'client_streaming')
      throw new TypeError(`${service.typeName}.${method.name} streams requests`);
    return {
      path: `/${service.typeName}/${method.name}`,
      decode: (bytes: Uint8Array) => fromBinary(input, bytes),
      encode: (message: unknown) => encode(output, message),
      // The mapped type above has checked that each handler is one of its method's kind.
      handler: { kind, answer: byName[localName] } as unknown as RpcMethod['handler'],
    };
  });
}

function encode(schema: DescMessage, message: unknown): Uint8Array {
  if (message instanceof EncodedMessage) return message.bytes;
  return toBinary(schema, create(schema, message as MessageInitShape<DescMessage>));
}
