import { HoldfastError } from '../../base/index.ts';

export interface ApiClientOptions {
  /** `https://HOST:PORT`, perhaps with a path. */
  readonly server: string;
  /** Certificates of the authorities to trust, PEM; absent: the system's. */
  readonly caPem?: Uint8Array;
  readonly certPem?: Uint8Array;
  readonly keyPem?: Uint8Array;
  readonly token?: string;
  /** Name that the server's certificate must carry; absent: the host of `server`. */
  readonly serverName?: string;
  /** Limit for one request from dialling to its last byte; default 10000. */
  readonly timeoutMs?: number;
  /** Limit for one answer; default 64 MiB. */
  readonly maxBodyBytes?: number;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

export interface ListOptions extends RequestOptions {
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan';
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Ask for metadata only: the answer is a PartialObjectMetadataList. */
  readonly metadataOnly?: boolean;
}

export interface ObjectList {
  readonly resourceVersion: string;
  /** Absent on the last page. */
  readonly continue?: string;
  readonly remainingItemCount?: number;
  readonly items: readonly KubernetesObject[];
}

/** An object as the API server sends it. */
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

export interface ApiClient extends AsyncDisposable {
  readonly server: string;
  /** Not ready is an answer, not an error. */
  readyz(options?: RequestOptions): Promise<Health>;
  livez(options?: RequestOptions): Promise<Health>;
  version(options?: RequestOptions): Promise<ApiVersion>;
  /** One object by its path; undefined when there is none. */
  get(path: string, options?: RequestOptions): Promise<KubernetesObject | undefined>;
  /** One page of a collection by its path: `/api/v1/pods`. */
  list(path: string, options?: ListOptions): Promise<ObjectList>;
  /** Every page of a collection, `limit` (default 500) objects each. */
  pages(path: string, options?: ListOptions): AsyncGenerator<ObjectList, void, void>;
}

/**
 * Errors of calls: API_SERVER_UNREACHABLE, API_SERVER_DENIED (401, 403), API_SERVER_ERROR (`details.httpStatus`, `details.reason`),
 * API_RESPONSE_INVALID, TIMEOUT, TLS_UNTRUSTED, TLS_NAME_MISMATCH, TLS_CERT_EXPIRED, TLS_CLIENT_CERT_REJECTED, INTERRUPTED.
 * Of opening: TLS_OPTIONS_INVALID.
 */
export function openApiClient(_options: ApiClientOptions): ApiClient {
  throw new HoldfastError('DEFECT', 'not there yet');
}
