import { readFileSync } from 'node:fs';
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { type Json, type JsonObject, parseJson } from './lossless-json.ts';
import type { Pki } from './pki.ts';

/** How many requests may be under way at once on connections of their own. */
export const gatewayConcurrency = 16;

/**
 * etcd's JSON gateway (`/v3/...`, rpc.proto's http options): a second way in, independent of our own client, and
 * fast enough for thousands of requests. 64-bit integers are decimal strings in it, bytes are base64.
 */
export class JsonGateway implements Disposable {
  readonly #url: URL;
  readonly #agent: HttpAgent | HttpsAgent;

  constructor(clientUrl: string, tls: Pki | undefined) {
    this.#url = new URL(clientUrl);
    const options = { keepAlive: true, maxSockets: gatewayConcurrency };
    this.#agent =
      tls === undefined
        ? new HttpAgent(options)
        : new HttpsAgent({
            ...options,
            ca: readFileSync(tls.caFile),
            cert: readFileSync(tls.client.certFile),
            key: readFileSync(tls.client.keyFile),
          });
  }

  /** Calls one method, for example `kv/put`; rejects with what etcd says when it refuses. */
  async call(
    method: string,
    body: JsonObject,
    options: { readonly token?: string } = {},
  ): Promise<JsonObject> {
    const headers = options.token === undefined ? {} : { authorization: options.token };
    const { status, text } = await this.#request('POST', `/v3/${method}`, headers, JSON.stringify(body));
    if (status !== 200) throw new GatewayRefusal(method, status, text);
    return parseJson(text) as JsonObject;
  }

  /** What `/health` answers: `true`, `false`, or the text when it is something else. */
  async health(): Promise<string> {
    const { text } = await this.#request('GET', '/health', {}, undefined);
    const parsed = parseJson(text) as { readonly health?: Json };
    return typeof parsed.health === 'string' ? parsed.health : text;
  }

  /** The version of the whole cluster that `/version` answers: `not_decided` until there is a leader that says. */
  async clusterVersion(): Promise<string> {
    const { text } = await this.#request('GET', '/version', {}, undefined);
    const parsed = parseJson(text) as { readonly etcdcluster?: Json };
    return typeof parsed.etcdcluster === 'string' ? parsed.etcdcluster : text;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  #request(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string | undefined,
  ): Promise<{ status: number; text: string }> {
    const send = this.#url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const request = send(
        new URL(path, this.#url),
        { method, headers, agent: this.#agent, timeout: 30_000 },
        (response) => {
          collect(response).then(
            (text) => resolve({ status: response.statusCode ?? 0, text }),
            (error: unknown) => reject(error as Error),
          );
        },
      );
      request.on('timeout', () => request.destroy(new Error(`no answer to ${path} in 30 s`)));
      request.on('error', reject);
      request.end(body);
    });
  }
}

/** etcd answered, and the answer is no. */
export class GatewayRefusal extends Error {
  readonly status: number;

  constructor(method: string, status: number, text: string) {
    super(`${method}: status ${status}: ${text.slice(0, 500)}`);
    this.name = 'GatewayRefusal';
    this.status = status;
  }
}

async function collect(response: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks).toString();
}
