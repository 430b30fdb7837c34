import { isIP } from 'node:net';
import * as tls from 'node:tls';
import { HoldfastError } from '../../base/index.ts';
import type { ApiClientOptions } from './api-types.ts';

/** An API server and how to dial it: checked once, used by every request. */
export interface ServerAddress {
  /** As given, for messages. */
  readonly server: string;
  readonly host: string;
  readonly port: number;
  /** Path that stands before every request's, without a trailing slash. */
  readonly basePath: string;
  readonly tls: Pick<tls.ConnectionOptions, 'secureContext' | 'servername' | 'checkServerIdentity'>;
}

/** Errors: USAGE for an address that is no https URL, TLS_OPTIONS_INVALID for certificates and keys. */
export function resolveServer(options: ApiClientOptions): ServerAddress {
  const { server } = options;
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url?.protocol !== 'https:' || url.hostname === '' || url.username !== '') {
    throw new HoldfastError(
      'USAGE',
      `${JSON.stringify(server)} is not an https:// address of an API server`,
      {
        hint: 'Give the address as https://HOST:PORT.',
      },
    );
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const wanted = options.serverName ?? host;
  return {
    server,
    host,
    port: url.port === '' ? 443 : Number(url.port),
    basePath: url.pathname.replace(/\/$/, ''),
    tls: {
      secureContext: createSecureContext(options),
      // An address may not be sent as a server name (RFC 6066); it is still what the certificate must carry.
      servername: isIP(wanted) === 0 ? wanted : '',
      checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(wanted, certificate),
    },
  };
}

function createSecureContext({ caPem, certPem, keyPem }: ApiClientOptions): tls.SecureContext {
  if ((certPem === undefined) !== (keyPem === undefined)) {
    throw invalid('a client certificate and its key belong together; one of them is missing');
  }
  for (const [name, pem] of Object.entries({ 'CA certificate': caPem, 'client certificate': certPem })) {
    // OpenSSL takes a text without any certificate for an empty list of them.
    if (pem !== undefined && !text(pem).includes('-----BEGIN '))
      throw invalid(`the ${name} is not valid PEM`);
  }
  try {
    return tls.createSecureContext({
      ca: caPem === undefined ? tls.getCACertificates('system') : text(caPem),
      ...(certPem && { cert: text(certPem) }),
      ...(keyPem && { key: text(keyPem) }),
      minVersion: 'TLSv1.2',
    });
  } catch (error) {
    throw invalid('the CA certificate, client certificate and key cannot be used together', error);
  }
}

function text(pem: Uint8Array): string {
  return Buffer.from(pem.buffer, pem.byteOffset, pem.length).toString('latin1');
}

function invalid(message: string, cause?: unknown): HoldfastError {
  return new HoldfastError('TLS_OPTIONS_INVALID', message, {
    hint: 'Check the certificate authority, client certificate and key that belong to the API server.',
    cause,
  });
}
