import type { SecureContext } from 'node:tls';
import type { TlsOptions } from './tls-options.ts';

/** What connecting to an endpoint needs besides the endpoint. */
export interface DialOptions {
  /** For endpoints with security `tls`. */
  readonly tls: TlsOptions;
  readonly secureContext: () => SecureContext;
  /** For TCP, TLS and the server's HTTP/2 settings together. */
  readonly timeoutMs: number;
  /** Put a `DataDiverter` between the socket and node:http2. */
  readonly divertData: boolean;
  /** Gives the attempt up. */
  readonly signal: AbortSignal;
}
