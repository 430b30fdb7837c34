export interface ApiClientOptions {
  /** `https://HOST:PORT`, perhaps with a path. Plain HTTP is not spoken. */
  readonly server: string;
  /** Certificates of the authorities to trust, PEM; absent: the system's. */
  readonly caPem?: Uint8Array;
  /** Client certificate (and intermediates), PEM; needs `keyPem`. */
  readonly certPem?: Uint8Array;
  readonly keyPem?: Uint8Array;
  readonly token?: string;
  /** Name or address that the server's certificate must carry; absent: the host of `server`. */
  readonly serverName?: string;
  /** Limit for one request, from dialling to its last byte; default 10000. */
  readonly timeoutMs?: number;
  /** Limit for one answer; default 64 MiB. */
  readonly maxBodyBytes?: number;
  /** Use connections again, for many requests to a server that stays; by default each request has one of its own. */
  readonly keepConnections?: boolean;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

export interface WriteOptions extends RequestOptions {
  /** Under which name the server notes whose fields these are. */
  readonly fieldManager: string;
  /** The server checks and computes everything, admission included, and stores nothing. */
  readonly dryRun?: boolean;
}

export interface ApplyOptions extends WriteOptions {
  /** Take over fields that others own; without it they are a conflict (409). */
  readonly force?: boolean;
}

/** What a write made, or would have made. */
export interface WrittenObject {
  readonly object: KubernetesObject;
  /** It was not there before. */
  readonly isNew: boolean;
}

export interface ListOptions extends RequestOptions {
  /** Objects a page; absent: all in one. */
  readonly limit?: number;
  /** Where the page before ended. */
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan';
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Ask for `metadata` only. */
  readonly metadataOnly?: boolean;
}

export interface ObjectList {
  readonly resourceVersion: string;
  /** Absent on the last page. */
  readonly continue?: string;
  readonly remainingItemCount?: number;
  readonly items: readonly KubernetesObject[];
}

/** An object as the API server sends it. Integers beyond 2^53 are bigint in what `get` and writes return. */
export type KubernetesObject = Readonly<Record<string, unknown>>;

export interface Health {
  readonly ok: boolean;
  readonly httpStatus: number;
  /** Names of the checks that do not pass, where the server says so. */
  readonly failed: readonly string[];
}

export interface ApiVersion {
  /** `v1.36.2`. */
  readonly gitVersion: string;
  readonly major: string;
  readonly minor: string;
}

/**
 * Every call opens a connection of its own unless told otherwise: while a control plane comes back, servers go away
 * under kept ones.
 *
 * Errors of every call: API_SERVER_UNREACHABLE, API_SERVER_DENIED (401, 403), API_SERVER_ERROR (both with
 * `details.httpStatus`, `details.reason`, and `details.said` in the server's words), API_RESPONSE_INVALID, TIMEOUT, INTERRUPTED, TLS_UNTRUSTED, TLS_NAME_MISMATCH, TLS_CERT_EXPIRED,
 * TLS_CLIENT_CERT_REJECTED, SERVER_SPEAKS_PLAINTEXT.
 */
export interface ApiClient extends AsyncDisposable {
  readonly server: string;
  /** Not ready is an answer, not an error. */
  readyz(options?: RequestOptions): Promise<Health>;
  livez(options?: RequestOptions): Promise<Health>;
  version(options?: RequestOptions): Promise<ApiVersion>;
  /** One object by its path; undefined when there is none of that name. */
  get(path: string, options?: RequestOptions): Promise<KubernetesObject | undefined>;
  /** Server-side apply of an object in JSON to its own path; makes it when it is not there. */
  apply(path: string, body: string, options: ApplyOptions): Promise<WrittenObject>;
  /** Makes an object in JSON, by the path of its collection; one of that name must not be there (409). */
  create(path: string, body: string, options: WriteOptions): Promise<WrittenObject>;
  /** Puts an object in JSON in the place of the one at this path. With its resourceVersion only if that is current. */
  replace(path: string, body: string, options: WriteOptions): Promise<WrittenObject>;
  /** One page of a collection by its path: `/api/v1/pods`. An expired `continue` is API_SERVER_ERROR with 410. */
  list(path: string, options?: ListOptions): Promise<ObjectList>;
  /** Every page of a collection, of `limit` objects each (default 500). */
  pages(path: string, options?: ListOptions): AsyncGenerator<ObjectList, void, void>;
}
