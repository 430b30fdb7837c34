import type { Logger } from '../../base/index.ts';
import type { TlsOptions } from './tls-options.ts';

/** How to reach a cluster. Nothing is read from files, environment or arguments here. */
export interface EtcdClientOptions {
  /** `host:port`, `http://…`, `https://…`, `unix:///path`, `unixs:///path`; tried in turn until one answers. */
  readonly endpoints: readonly string[];
  /**
   * TLS for `https://` endpoints and, when given at all, for endpoints without a scheme; `http://` stays plain text.
   * An empty object means: TLS with the system's authorities and no client certificate.
   */
  readonly tls?: TlsOptions;
  readonly user?: EtcdUser;
  /** Limit for TCP, TLS and HTTP/2 together, per endpoint; default 2000. */
  readonly dialTimeoutMs?: number;
  /** Limit of one request with one answer, dialling included; default 5000; 0: none. Streams have none. */
  readonly commandTimeoutMs?: number;
  /** Silence after which an open call pings; default and least 10000, because etcd punishes more frequent pings. */
  readonly keepAliveTimeMs?: number;
  /** Silence after a ping that ends the connection; default 6000. */
  readonly keepAliveTimeoutMs?: number;
  /** Largest reply; default 2^31 - 1, as etcdctl. */
  readonly maxReceiveBytes?: number;
  /** Largest request; default 2 MiB, as etcdctl. */
  readonly maxRequestBytes?: number;
  /** Ends every call and the client's dials when aborted. */
  readonly signal?: AbortSignal;
  /** Told when certificates go unverified and when a watch has to reconnect. */
  readonly log?: Logger;
}

export interface EtcdUser {
  readonly name: string;
  readonly password: string;
}

/** Per call. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** In place of `commandTimeoutMs`; 0: none. */
  readonly timeoutMs?: number;
  /** Ask this endpoint and no other: one of the client's, or any other (a member's client URL). */
  readonly endpoint?: string;
}

export const defaultDialTimeoutMs = 2000;
export const defaultCommandTimeoutMs = 5000;
export const minKeepAliveTimeMs = 10_000;
export const defaultKeepAliveTimeoutMs = 6000;
export const defaultMaxReceiveBytes = 2 ** 31 - 1;
export const defaultMaxRequestBytes = 2 << 20;
