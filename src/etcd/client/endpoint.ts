import { HoldfastError } from '../../base/index.ts';

/** Where a member serves its clients, parsed. */
export interface Endpoint {
  /** As the user spelled it; used in messages and to name the endpoint in `CallOptions`. */
  readonly text: string;
  readonly security: 'plaintext' | 'tls';
  /** Host name or address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Set for unix sockets: the path; host and port mean nothing then. */
  readonly socketPath?: string;
  /** Origin for HTTP/2's `:scheme` and `:authority`. */
  readonly origin: string;
}

const defaultPort = 2379;
const schemes = ['http', 'https', 'unix', 'unixs'] as const;

/**
 * Parses `host:port`, `http://host:port`, `https://host:port`, `unix:///path` or `unixs:///path`. Without a scheme
 * the connection uses TLS when TLS options were given, as in etcdctl (client/v3/internal/endpoint, 3.5).
 * Without a port 2379 is meant. Anything after the port is ignored.
 *
 * Errors: USAGE.
 */
export function parseEndpoint(text: string, tlsGiven: boolean): Endpoint {
  const trimmed = text.trim();
  const match = /^([a-z]+):\/\/(.*)$/i.exec(trimmed);
  const scheme = match?.[1]?.toLowerCase();
  const rest = match?.[2] ?? trimmed;
  if (scheme !== undefined && !schemes.some((known) => known === scheme)) {
    throw badEndpoint(text, `unknown scheme ${scheme}`);
  }
  const secure = scheme === 'https' || scheme === 'unixs' || (scheme === undefined && tlsGiven);
  const security = secure ? 'tls' : 'plaintext';
  if (scheme?.startsWith('unix') === true) {
    if (rest === '') throw badEndpoint(text, 'no socket path');
    return {
      text: trimmed,
      security,
      host: 'localhost',
      port: 0,
      socketPath: rest,
      origin: originOf(secure, 'localhost'),
    };
  }
  return { text: trimmed, security, ...hostAndPort(text, rest, secure) };
}

/** Where the socket of an endpoint connects to. */
export function addressOf(
  endpoint: Endpoint,
): { readonly host: string; readonly port: number } | { readonly path: string } {
  return endpoint.socketPath === undefined
    ? { host: endpoint.host, port: endpoint.port }
    : { path: endpoint.socketPath };
}

function hostAndPort(
  text: string,
  rest: string,
  secure: boolean,
): Pick<Endpoint, 'host' | 'port' | 'origin'> {
  // URL checks the syntax; the default ports of http and https must not be taken for "none given".
  const [authority = ''] = rest.split(/[/?#]/, 1);
  const parsed = URL.parse(`etcd://${authority}`);
  if (authority === '' || parsed === null || parsed.hostname === '' || parsed.username !== '') {
    throw badEndpoint(text, 'not of the form host:port');
  }
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = parsed.port === '' ? defaultPort : Number(parsed.port);
  if (port === 0) throw badEndpoint(text, 'port 0');
  return { host, port, origin: originOf(secure, `${parsed.hostname}:${port}`) };
}

function originOf(secure: boolean, authority: string): string {
  return new URL(`${secure ? 'https' : 'http'}://${authority}`).origin;
}

function badEndpoint(text: string, why: string): HoldfastError {
  return new HoldfastError('USAGE', `endpoint "${text}" is not valid: ${why}`, {
    hint: 'Give endpoints as host:port, http://host:port or https://host:port, separated by commas.',
    details: { endpoint: text },
  });
}
