import { X509Certificate } from 'node:crypto';
import { type ErrorCode, HoldfastError, isHoldfastError } from '../../base/index.ts';
import type { Endpoint } from './endpoint.ts';

/** How far a connection attempt came. */
export type DialPhase = 'connect' | 'tls' | 'http2';

/** What a failed attempt is told about, beside the error itself. */
export interface DialSituation {
  readonly endpoint: Endpoint;
  readonly phase: DialPhase;
  /** The client certificate that was offered. */
  readonly certPem?: Uint8Array | undefined;
}

const wordsOfErrno: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection closed',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'no answer',
  ENOTFOUND: 'no such host name',
  EAI_AGAIN: 'the name server does not answer',
  ENOENT: 'no such socket',
  EACCES: 'permission denied',
};

const codeOfVerification: Readonly<Record<string, ErrorCode>> = {
  UNABLE_TO_GET_ISSUER_CERT: 'TLS_UNTRUSTED',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'TLS_UNTRUSTED',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'TLS_UNTRUSTED',
  SELF_SIGNED_CERT_IN_CHAIN: 'TLS_UNTRUSTED',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'TLS_UNTRUSTED',
  CERT_SIGNATURE_FAILURE: 'TLS_UNTRUSTED',
  CERT_UNTRUSTED: 'TLS_UNTRUSTED',
  CERT_REJECTED: 'TLS_UNTRUSTED',
  INVALID_CA: 'TLS_UNTRUSTED',
  INVALID_PURPOSE: 'TLS_UNTRUSTED',
  CERT_HAS_EXPIRED: 'TLS_CERT_EXPIRED',
  CERT_NOT_YET_VALID: 'TLS_CERT_EXPIRED',
  ERR_TLS_CERT_ALTNAME_INVALID: 'TLS_NAME_MISMATCH',
};

// OpenSSL names an alert of the other side ERR_SSL_<version>_ALERT_<NAME>; these are about our certificate.
const certificateAlert =
  /ALERT_(?:(CERTIFICATE_REQUIRED|NO_CERTIFICATE)|(BAD_CERTIFICATE|CERTIFICATE_EXPIRED|CERTIFICATE_REVOKED|CERTIFICATE_UNKNOWN|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE))$/;
const notTls =
  /^ERR_SSL_(WRONG_VERSION_NUMBER|HTTP_REQUEST|UNKNOWN_PROTOCOL|PACKET_LENGTH_TOO_LONG|BAD_RECORD_TYPE|UNEXPECTED_MESSAGE)$/;

/** Turns what Node says about a failed connection attempt into our error. HoldfastErrors pass unchanged. */
export function dialError(error: unknown, situation: DialSituation): HoldfastError {
  if (isHoldfastError(error)) return error;
  const { endpoint } = situation;
  const code = nodeErrorCode(error);
  const verification = codeOfVerification[code];
  if (verification !== undefined) return verificationError(error, code, verification, endpoint);
  if (certificateAlert.test(code)) return clientCertificateRejected(error, code, situation);
  if (notTls.test(code)) return speaksPlaintext(endpoint, error);
  return unreachable(endpoint, wordsOfErrno[code] ?? reasonOf(error), error);
}

export function unreachable(endpoint: Endpoint, why: string, cause?: unknown): HoldfastError {
  return new HoldfastError('ETCD_UNREACHABLE', `cannot reach ${endpoint.text}: ${why}`, {
    details: { endpoint: endpoint.text },
    cause,
  });
}

export function requiresTls(endpoint: Endpoint, cause?: unknown): HoldfastError {
  return new HoldfastError('SERVER_REQUIRES_TLS', `${endpoint.text} expects TLS, plain text was sent`, {
    details: { endpoint: endpoint.text },
    cause,
  });
}

export function speaksPlaintext(endpoint: Endpoint, cause?: unknown): HoldfastError {
  return new HoldfastError('SERVER_SPEAKS_PLAINTEXT', `${endpoint.text} speaks plain text, not TLS`, {
    details: { endpoint: endpoint.text },
    cause,
  });
}

/** The `code` of a Node error, or the empty text. */
export function nodeErrorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function verificationError(
  error: unknown,
  reason: string,
  code: ErrorCode,
  endpoint: Endpoint,
): HoldfastError {
  const what = `certificate of ${endpoint.text}`;
  const message =
    code === 'TLS_UNTRUSTED'
      ? `the ${what} is not signed by a trusted authority`
      : code === 'TLS_CERT_EXPIRED'
        ? `the ${what} ${reason === 'CERT_NOT_YET_VALID' ? 'is not valid yet' : 'has expired'}`
        : `the ${what} is not for this host: ${namesIn(error)}`;
  return new HoldfastError(code, message, { details: { endpoint: endpoint.text, reason }, cause: error });
}

function namesIn(error: unknown): string {
  const cert = error instanceof Error && 'cert' in error ? (error.cert as { subjectaltname?: unknown }) : {};
  return typeof cert.subjectaltname === 'string' ? `it names ${cert.subjectaltname}` : reasonOf(error);
}

function clientCertificateRejected(error: unknown, code: string, situation: DialSituation): HoldfastError {
  const { endpoint, certPem } = situation;
  const alert = (/ALERT_(.*)$/.exec(code)?.[1] ?? code).toLowerCase().replaceAll('_', ' ');
  const message =
    certPem === undefined
      ? `${endpoint.text} demands a client certificate and none was given`
      : `${endpoint.text} does not accept the client certificate: ${validityProblem(certPem) ?? alert}`;
  return new HoldfastError('TLS_CLIENT_CERT_REJECTED', message, {
    details: { endpoint: endpoint.text, alert },
    cause: error,
  });
}

/** Older servers say no more than "bad certificate"; the usual reason can be read off the certificate itself. */
function validityProblem(certPem: Uint8Array): string | undefined {
  const certificate = new X509Certificate(certPem);
  if (certificate.validToDate.getTime() < Date.now()) {
    return `it expired at ${certificate.validToDate.toISOString()}`;
  }
  if (certificate.validFromDate.getTime() > Date.now()) {
    return `it is not valid before ${certificate.validFromDate.toISOString()}`;
  }
  return undefined;
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  // OpenSSL's texts are colon-separated with the readable reason in the fifth field.
  const openssl = /^[0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]*)/.exec(text);
  return (openssl?.[1] ?? text).trim();
}
