import { type ErrorCode, HoldfastError, isHoldfastError } from '../../base/index.ts';

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'no answer',
  ENOTFOUND: 'no such host name',
  EAI_AGAIN: 'the name server does not answer',
};

const untrustedHint = 'Give the CA that signed it (on a control plane: /etc/kubernetes/pki/ca.crt).';

/** What Node and OpenSSL call a failed handshake; what is not here is taken for a broken connection. */
const handshakes: readonly (readonly [pattern: RegExp, code: ErrorCode, what: string, hint?: string])[] = [
  [/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/, 'TLS_CERT_EXPIRED', 'is not valid at this time'],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'TLS_NAME_MISMATCH', 'does not name this host'],
  [
    /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|INVALID_(CA|PURPOSE)$)/,
    'TLS_UNTRUSTED',
    'is not signed by a trusted authority',
    untrustedHint,
  ],
];

const certificateAlert =
  /_ALERT_(CERTIFICATE_\w+|NO_CERTIFICATE|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE)$/;

/** Turns what Node says about a failed request into our error; HoldfastErrors pass unchanged. */
export function connectionError(error: unknown, server: string): HoldfastError {
  if (isHoldfastError(error)) return error;
  const code = codeOf(error);
  const fail = (ours: ErrorCode, message: string, hint?: string) =>
    new HoldfastError(ours, message, { details: { server }, cause: error, ...(hint && { hint }) });
  const handshake = handshakes.find(([pattern]) => pattern.test(code));
  if (handshake !== undefined) {
    const [, ours, what, hint] = handshake;
    return fail(ours, `the certificate of ${server} ${what}`, hint);
  }
  if (certificateAlert.test(code)) {
    const hint = 'Give a certificate and key signed by the CA that the API server trusts, not expired.';
    return fail('TLS_CLIENT_CERT_REJECTED', `${server} does not accept the client certificate`, hint);
  }
  if (/^ERR_SSL_(WRONG_VERSION_NUMBER|HTTP_REQUEST|PACKET_LENGTH_TOO_LONG)$/.test(code)) {
    return fail('SERVER_SPEAKS_PLAINTEXT', `${server} speaks plain text, not TLS`, 'Check the port.');
  }
  if (code.startsWith('HPE_')) return fail('API_RESPONSE_INVALID', `${server} does not answer in HTTP`);
  return fail(
    'API_SERVER_UNREACHABLE',
    `cannot reach ${server}: ${words[code] ?? (code || 'no connection')}`,
  );
}

/** The code of Node or OpenSSL; a handshake that fails while writing has its OpenSSL error in the message alone. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error && 'code' in error)) return '';
  const code = String(error.code);
  const reason = code === 'EPROTO' ? /SSL routines:\w*:([^:]+)/.exec(error.message)?.[1] : undefined;
  return reason === undefined ? code : `ERR_SSL_${reason.toUpperCase().replaceAll(/[\s-]+/g, '_')}`;
}
