import { create, type DescMethodBiDiStreaming, type DescMethodUnary } from '@bufbuild/protobuf';
import { Code, ConnectError, type Transport } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { HoldfastError } from '../../base/index.ts';
import { Auth, Cluster, KV, Lease, Maintenance, Watch } from '../api.ts';
import type { Metadata } from './metadata.ts';
import type { EtcdConnection } from './connection.ts';
import {
  type CallSituation,
  connectionLost,
  etcdError,
  knownError,
  serverError,
  timedOut,
} from './etcd-error.ts';
import { defaultMaxReceiveBytes, defaultMaxRequestBytes, type EtcdClientOptions } from './options.ts';
import type { ServiceName } from './service-names.ts';

/**
 * The gRPC library and the generated messages, behind three functions. Nothing else of the client imports them, and
 * this file is loaded by the first call that needs it: a snapshot does not, and starts in half the time.
 */

const services = { Auth, Cluster, KV, Lease, Maintenance, Watch };

/** A message as a plain object; the typed methods of the client guarantee its shape. */
type Init = Record<string, unknown>;

export interface GrpcCall {
  readonly service: ServiceName;
  /** In lower camel case. */
  readonly method: string;
  readonly metadata: Metadata;
  readonly signal: AbortSignal;
}

/** Makes the transport of a connection. */
export function createTransport(connection: EtcdConnection, options: EtcdClientOptions): Transport {
  return createGrpcTransport({
    baseUrl: connection.authority,
    sessionManager: connection,
    // etcd compresses nothing; offering nothing keeps compressed bombs out.
    acceptCompression: [],
    readMaxBytes: options.maxReceiveBytes ?? defaultMaxReceiveBytes,
    writeMaxBytes: options.maxRequestBytes ?? defaultMaxRequestBytes,
  });
}

/** How much earlier than here a limit may run out at the server: limits travel in whole milliseconds. */
const limitSlackMs = 5;

/** A request with one answer, within `leftMs`. Throws HoldfastErrors. */
export async function sendUnary(
  transport: Transport,
  call: GrpcCall,
  request: object,
  leftMs: number | undefined,
  situation: CallSituation,
): Promise<object> {
  const method = methodOf(call) as DescMethodUnary;
  const startedMs = performance.now();
  try {
    const message = create(method.input, request as Init);
    const reply = await transport.unary(method, call.signal, leftMs, new Headers(call.metadata), message);
    return reply.message;
  } catch (error) {
    const overdue = leftMs !== undefined && performance.now() - startedMs >= leftMs - limitSlackMs;
    throw grpcError(error, situation, overdue);
  }
}

/** A stream in both directions; resolves when the server has answered. Throws HoldfastErrors, while reading, too. */
export async function openStream(
  transport: Transport,
  call: GrpcCall,
  requests: AsyncIterable<object>,
  situation: CallSituation,
): Promise<AsyncIterable<object>> {
  const method = methodOf(call) as DescMethodBiDiStreaming;
  try {
    const reply = await transport.stream(
      method,
      call.signal,
      undefined,
      new Headers(call.metadata),
      requests as AsyncIterable<Init>,
    );
    return mapErrors(reply.message, situation);
  } catch (error) {
    throw grpcError(error, situation);
  }
}

function methodOf(call: GrpcCall): unknown {
  const methods: Readonly<Record<string, unknown>> = services[call.service].method;
  return methods[call.method];
}

async function* mapErrors(messages: AsyncIterable<object>, situation: CallSituation): AsyncIterable<object> {
  try {
    yield* messages;
  } catch (error) {
    throw grpcError(error, situation);
  }
}

/** Connect's errors become ours: what the server said keeps its text, the rest is about the connection. */
function grpcError(error: unknown, situation: CallSituation, overdue = false): HoldfastError {
  const known = knownError(error, situation);
  if (known !== undefined) return known;
  if (!(error instanceof ConnectError)) return etcdError(error, situation);
  if (error.metadata.has('grpc-status')) {
    return serverError(error.code, error.rawMessage, situation, error);
  }
  if (error.code === Code.DeadlineExceeded) return timedOut(situation, error);
  // A server keeps the limit too: it resets the stream, without a status, and that may come before our own timer.
  if (overdue && error.code === Code.Canceled) return timedOut(situation, error);
  if (error.code === Code.ResourceExhausted) {
    return new HoldfastError('ETCD_ERROR', `a message is too large: ${error.rawMessage}`, {
      hint: 'Send less in one request, or raise --max-request-bytes (--max-recv-bytes for replies).',
      details: { endpoint: situation.endpoint },
      cause: error,
    });
  }
  return connectionLost(error.rawMessage, situation, error);
}
