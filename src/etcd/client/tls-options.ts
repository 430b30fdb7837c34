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
  checkPart('CA certificate', options.caPem, (ca) => ({ ca }));
  checkPart('client certificate', options.certPem, (cert) => ({ cert }));
  checkPart('client key', options.keyPem, (key) => ({ key }));
  try {
    return tls.createSecureContext({
      ca: options.caPem === undefined ? tls.getCACertificates('system') : pem(options.caPem),
      ...(options.certPem && { cert: pem(options.certPem) }),
      ...(options.keyPem && { key: pem(options.keyPem) }),
      minVersion: options.minVersion ?? 'TLSv1.2',
    });
  } catch (error) {
    // Each part parses, so what is left is a pair that does not belong together.
    throw invalid('the client key does not belong to the client certificate', error);
  }
}

/** Parses one part by itself, so that the message can name it: OpenSSL's own errors do not. */
function checkPart(
  name: string,
  bytes: Uint8Array | undefined,
  as: (text: string) => tls.SecureContextOptions,
): void {
  if (bytes === undefined) return;
  const text = pem(bytes);
  try {
    // OpenSSL takes a CA text without any certificate for an empty list.
    if (!text.includes('-----BEGIN ')) throw new Error('no PEM block');
    tls.createSecureContext(as(text));
  } catch (error) {
    const encrypted = text.includes('ENCRYPTED');
    throw invalid(`the ${name} ${encrypted ? 'is encrypted' : 'is not valid PEM'}`, error);
  }
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

function pem(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

function invalid(message: string, cause?: unknown): HoldfastError {
  return new HoldfastError('TLS_OPTIONS_INVALID', message, { cause });
}
