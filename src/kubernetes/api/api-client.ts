import type { ApiClient, ApiClientOptions, ListOptions, ObjectList, RequestOptions } from './api-types.ts';
import { readHealth, readList, readOptionalObject, readVersion } from './read-answer.ts';
import { type ApiAnswer, sendRequest } from './send-request.ts';
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

  constructor(options: ApiClientOptions) {
    this.server = options.server;
    this.#options = options;
    this.#address = resolveServer(options);
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
    return Promise.resolve();
  }

  #send(path: string, options: RequestOptions = {}, accept = json): Promise<ApiAnswer> {
    const closing = this.#closing.signal;
    return sendRequest(this.#address, {
      path,
      accept,
      token: this.#options.token,
      timeoutMs: options.timeoutMs ?? this.#options.timeoutMs ?? defaultTimeoutMs,
      maxBodyBytes: this.#options.maxBodyBytes ?? defaultMaxBodyBytes,
      signal: options.signal === undefined ? closing : AbortSignal.any([options.signal, closing]),
    });
  }
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
