import { Agent } from 'node:https';
import type {
  ApiClient,
  ApiClientOptions,
  ApplyOptions,
  ListOptions,
  ObjectList,
  RequestOptions,
  WriteOptions,
} from './api-types.ts';
import { readHealth, readList, readOptionalObject, readVersion, readWritten } from './read-answer.ts';
import { type ApiAnswer, type ApiRequest, sendRequest } from './send-request.ts';
import { resolveServer, type ServerAddress } from './server-address.ts';

const defaultTimeoutMs = 10_000;
const defaultMaxBodyBytes = 64 << 20;
const defaultPageSize = 500;

const json = 'application/json';
const metadataOnly = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json';

/**
 * A client of one API server. Nothing is dialled before the first call; disposing it ends the calls under way.
 *
 * Errors: USAGE for an address that is no https URL, TLS_OPTIONS_INVALID.
 */
export function openApiClient(options: ApiClientOptions): ApiClient {
  return new HttpsApiClient(options);
}

class HttpsApiClient implements ApiClient {
  readonly server: string;
  readonly #options: ApiClientOptions;
  readonly #address: ServerAddress;
  readonly #closing = new AbortController();
  readonly #agent: Agent | undefined;

  constructor(options: ApiClientOptions) {
    this.server = options.server;
    this.#options = options;
    this.#address = resolveServer(options);
    this.#agent =
      options.keepConnections === true ? new Agent({ keepAlive: true, ...this.#address.tls }) : undefined;
  }

  async readyz(options?: RequestOptions) {
    return readHealth(await this.#send('/readyz', options), this.server);
  }

  async livez(options?: RequestOptions) {
    return readHealth(await this.#send('/livez', options), this.server);
  }

  async version(options?: RequestOptions) {
    return readVersion(await this.#send('/version', options), this.server);
  }

  async get(path: string, options?: RequestOptions) {
    return readOptionalObject(await this.#send(path, options), this.server);
  }

  async apply(path: string, text: string, options: ApplyOptions) {
    const query = new URLSearchParams(writeQuery(options));
    if (options.force === true) query.set('force', 'true');
    const request = {
      method: 'PATCH',
      // JSON is YAML; servers before 1.33 know no other name for it.
      body: { contentType: 'application/apply-patch+yaml', text },
    } as const;
    return readWritten(await this.#send(`${path}?${query.toString()}`, options, json, request), this.server);
  }

  create(path: string, text: string, options: WriteOptions) {
    return this.#write('POST', path, text, options);
  }

  replace(path: string, text: string, options: WriteOptions) {
    return this.#write('PUT', path, text, options);
  }

  async list(path: string, options: ListOptions = {}): Promise<ObjectList> {
    const accept = options.metadataOnly === true ? metadataOnly : json;
    return readList(await this.#send(path + listQuery(options), options, accept), this.server);
  }

  async *pages(path: string, options: ListOptions = {}) {
    const first = { ...options, limit: options.limit ?? defaultPageSize };
    let page = await this.list(path, first);
    yield page;
    // The mark of the next page holds the version already; the server takes no second one.
    const next = Object.fromEntries(
      Object.entries(first).filter(([field]) => !field.startsWith('resourceVersion')),
    );
    while (page.continue !== undefined) {
      page = await this.list(path, { ...next, continue: page.continue });
      yield page;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#agent?.destroy();
    return Promise.resolve();
  }

  async #write(method: 'POST' | 'PUT', path: string, text: string, options: WriteOptions) {
    const request = { method, body: { contentType: json, text } };
    return readWritten(
      await this.#send(`${path}?${writeQuery(options)}`, options, json, request),
      this.server,
    );
  }

  #send(
    path: string,
    options: RequestOptions = {},
    accept = json,
    request: Pick<ApiRequest, 'method' | 'body'> = { method: 'GET' },
  ): Promise<ApiAnswer> {
    const closing = this.#closing.signal;
    return sendRequest(this.#address, {
      ...request,
      agent: this.#agent,
      path,
      accept,
      token: this.#options.token,
      timeoutMs: options.timeoutMs ?? this.#options.timeoutMs ?? defaultTimeoutMs,
      maxBodyBytes: this.#options.maxBodyBytes ?? defaultMaxBodyBytes,
      signal: options.signal === undefined ? closing : AbortSignal.any([options.signal, closing]),
    });
  }
}

/** A field that the server does not know is refused: it would be lost without a word. */
function writeQuery({ fieldManager, dryRun = false }: WriteOptions): string {
  const query = new URLSearchParams({ fieldManager, fieldValidation: 'Strict' });
  if (dryRun) query.set('dryRun', 'All');
  return query.toString();
}

const listFields = [
  'limit',
  'continue',
  'resourceVersion',
  'resourceVersionMatch',
  'labelSelector',
  'fieldSelector',
] as const;

function listQuery(options: ListOptions): string {
  const query = new URLSearchParams();
  for (const field of listFields) {
    const value = options[field];
    if (value !== undefined) query.set(field, String(value));
  }
  return query.size === 0 ? '' : `?${query.toString()}`;
}
