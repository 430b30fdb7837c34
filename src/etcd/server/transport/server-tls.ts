/** What the server proves who it is with, and whom it accepts. */
export interface ServerTlsOptions {
  readonly certPem: string | Uint8Array;
  readonly keyPem: string | Uint8Array;
  /** With it every client has to show a certificate of this authority (mutual TLS). */
  readonly trustedCaPem?: string | Uint8Array;
}
