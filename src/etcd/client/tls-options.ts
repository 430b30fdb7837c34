import { isIP } from 'node:net';
import * as tls from 'node:tls';
import { HoldfastError } from '../../base/index.ts';
import { addressOf, type Endpoint } from './endpoint.ts';

/** TLS material as bytes, never paths: whoever calls reads the files. */
export interface TlsOptions {
  /** Certificates of the authorities to trust, PEM; absent: the system's. */
  readonly caPem?: Uint8Array;
  /** Client certificate (and intermediates), PEM; needs `keyPem`. */
  readonly certPem?: Uint8Array;
  /** Private key of the client certificate, PEM, not encrypted. */
  readonly keyPem?: Uint8Array;
  /** Name or address that the server's certificate must carry; absent: the host of the endpoint. */
  readonly serverName?: string;
  /** Default TLSv1.2, as etcd's. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** Accept any server certificate. Never without the user's explicit word. */
  readonly insecureSkipVerify?: boolean;
}

/**
 * Reads certificates and keys once; every connection of a client shares the result.
 *
 * Errors: TLS_OPTIONS_INVALID, saying which of the three does not parse or does not fit.
 */
export function createSecureContext(options: TlsOptions): tls.SecureContext {
  if ((options.certPem === undefined) !== (options.keyPem === undefined)) {
    const [given, missing] = options.certPem === undefined ? ['key', 'certificate'] : ['certificate', 'key'];
    throw invalid(`a client ${given} was given without its ${missing}`);
  }
  const { caPem } = options;
  try {
    // OpenSSL takes a text without any certificate for an empty list of authorities.
    if (caPem !== undefined && !isPem(caPem)) throw new Error('no PEM block');
    return tls.createSecureContext({
      ca: caPem === undefined ? tls.getCACertificates('system') : text(caPem),
      ...(options.certPem && { cert: text(options.certPem) }),
      ...(options.keyPem && { key: text(options.keyPem) }),
      minVersion: options.minVersion ?? 'TLSv1.2',
    });
  } catch (error) {
    throw whatIsWrong(options, error);
  }
}

/** Tries each part by itself, so that the message can name it: OpenSSL's own errors do not. */
function whatIsWrong(options: TlsOptions, cause: unknown): HoldfastError {
  const parts: readonly [name: string, bytes: Uint8Array | undefined, field: 'ca' | 'cert' | 'key'][] = [
    ['CA certificate', options.caPem, 'ca'],
    ['client certificate', options.certPem, 'cert'],
    ['client key', options.keyPem, 'key'],
  ];
  for (const [name, bytes, field] of parts) {
    if (bytes === undefined) continue;
    try {
      if (!isPem(bytes)) throw new Error('no PEM block');
      tls.createSecureContext({ [field]: text(bytes) });
    } catch (error) {
      const encrypted = text(bytes).includes('ENCRYPTED');
      return invalid(`the ${name} ${encrypted ? 'is encrypted' : 'is not valid PEM'}`, error);
    }
  }
  return invalid('the client key does not belong to the client certificate', cause);
}

/** Options of one TLS connection to an endpoint. */
export function tlsConnectOptions(
  endpoint: Endpoint,
  options: TlsOptions,
  secureContext: tls.SecureContext,
): tls.ConnectionOptions {
  const wanted = options.serverName ?? endpoint.host;
  return {
    ...addressOf(endpoint),
    secureContext,
    ALPNProtocols: ['h2'],
    // An address may not be sent as a server name (RFC 6066); it is still what the certificate must carry.
    ...(isIP(wanted) === 0 && { servername: wanted }),
    rejectUnauthorized: options.insecureSkipVerify !== true,
    checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(wanted, certificate),
  };
}

function isPem(bytes: Uint8Array): boolean {
  return text(bytes).includes('-----BEGIN ');
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

function invalid(message: string, cause?: unknown): HoldfastError {
  return new HoldfastError('TLS_OPTIONS_INVALID', message, { cause });
}
