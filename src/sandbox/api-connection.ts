import { Agent, request } from 'node:https';

/** How to reach an API server: PEM texts. */
export interface ApiCredentials {
  readonly server: string;
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
  /** The parsed body; throws when it is no JSON. */
  json(): unknown;
}

/** Requests to an API server over one kept connection. */
export interface ApiConnection extends Disposable {
  readonly server: string;
  request(method: string, path: string, body?: object): Promise<ApiAnswer>;
  get(path: string): Promise<ApiAnswer>;
  close(): void;
}

/** Opens nothing yet: the first request dials. A request without an answer for `timeoutMs` rejects. */
export function openApiConnection(credentials: ApiCredentials, timeoutMs = 10_000): ApiConnection {
  const { server, ca, cert, key } = credentials;
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca, cert, key });
  const send = (method: string, path: string, body?: object): Promise<ApiAnswer> =>
    new Promise((resolve, reject) => {
      const headers = { accept: 'application/json', 'content-type': 'application/json' };
      const sent = request(
        new URL(path, server),
        { method, agent, headers, timeout: timeoutMs },
        (answer) => {
          const chunks: Uint8Array[] = [];
          answer.on('data', (chunk: Uint8Array) => chunks.push(chunk));
          answer.once('error', reject);
          answer.once('end', () => {
            const text = Buffer.concat(chunks).toString();
            resolve({ status: answer.statusCode ?? 0, text, json: () => JSON.parse(text) as unknown });
          });
        },
      );
      sent.once('error', reject);
      sent.once('timeout', () =>
        sent.destroy(new Error(`no answer from ${server}${path} in ${timeoutMs} ms`)),
      );
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  const close = () => agent.destroy();
  return { server, request: send, get: (path) => send('GET', path), close, [Symbol.dispose]: close };
}
