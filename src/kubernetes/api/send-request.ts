import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { type Agent, request } from 'node:https';
import { HoldfastError } from '../../base/index.ts';
import { connectionError } from './connection-error.ts';
import type { ServerAddress } from './server-address.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'PATCH' | 'POST' | 'PUT';
  /** With its query. */
  readonly path: string;
  readonly accept: string;
  readonly body?: { readonly contentType: string; readonly text: string } | undefined;
  /** Keeps connections, and has the address's TLS options; absent: a connection for this request alone. */
  readonly agent?: Agent | undefined;
  readonly token?: string | undefined;
  /** From dialling to the last byte. */
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
  readonly signal: AbortSignal;
}

export interface ApiAnswer {
  readonly httpStatus: number;
  /** UTF-8 text. */
  readonly body: string;
}

/** Sends a request. Redirects are not followed. Errors: see ApiClient. */
export async function sendRequest(address: ServerAddress, options: ApiRequest): Promise<ApiAnswer> {
  const { signal, timeoutMs } = options;
  if (signal.aborted) throw interrupted(signal);
  let stopped: HoldfastError | undefined;
  let hasAnswered = false;
  const outgoing = request({
    // A kept connection is one that this has been checked for: Node would not share it between two checks.
    ...(options.agent === undefined && address.tls),
    host: address.host,
    port: address.port,
    method: options.method,
    path: address.basePath + options.path,
    agent: options.agent ?? false,
    headers: headersOf(options),
  });
  const stop = (error: HoldfastError) => {
    stopped ??= error;
    outgoing.destroy(stopped);
  };
  const onAbort = () => stop(interrupted(signal));
  signal.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => stop(timedOut(address.server, timeoutMs)), timeoutMs);
  // Once the answer has begun, its own error tells what happened.
  outgoing.on('error', () => {});
  outgoing.end(options.body?.text);
  try {
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    hasAnswered = true;
    const body = await readBody(response, options.maxBodyBytes, address.server);
    return { httpStatus: response.statusCode ?? 0, body };
  } catch (error) {
    // The server may close a kept connection while the request is on its way. All but POST may be sent twice.
    if (stopped === undefined && outgoing.reusedSocket && !hasAnswered && options.method !== 'POST') {
      return await sendRequest(address, { ...options, agent: undefined });
    }
    throw stopped ?? connectionError(error, address.server);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    outgoing.destroy();
  }
}

function headersOf({ accept, token, body }: ApiRequest): Record<string, string | number> {
  return {
    accept,
    'user-agent': 'holdfast',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && {
      'content-type': body.contentType,
      'content-length': Buffer.byteLength(body.text),
    }),
  };
}

async function readBody(response: IncomingMessage, maxBytes: number, server: string): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) {
      throw new HoldfastError(
        'API_RESPONSE_INVALID',
        `the answer of ${server} is larger than ${maxBytes} bytes`,
        {
          details: { server, maxBytes },
        },
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function timedOut(server: string, timeoutMs: number): HoldfastError {
  return new HoldfastError('TIMEOUT', `${server} did not answer within ${timeoutMs} ms`, {
    hint: 'Check that kube-apiserver runs and is not overloaded.',
    details: { server, timeoutMs },
  });
}

function interrupted(signal: AbortSignal): HoldfastError {
  const reason: unknown = signal.reason;
  return reason instanceof HoldfastError
    ? reason
    : new HoldfastError('INTERRUPTED', 'interrupted', { cause: reason });
}
