/** Which URL of a member to dial from its own host. */
import { isIP } from 'node:net';
import type { CertificateReport } from '../../kubernetes/index.ts';

export interface EndpointChoice {
  readonly endpoint: string;
  /** In words: why this one. */
  readonly reason: string;
  /** Whether the server's certificate names the host; undefined when there is none to see. */
  readonly isNamed: boolean | undefined;
}

/** Names a client may dial for an address that means every address. */
const loopbackOf: Readonly<Record<string, readonly string[]>> = {
  '0.0.0.0': ['127.0.0.1', 'localhost'],
  '[::]': ['[::1]', '127.0.0.1', 'localhost'],
};

/**
 * One URL of the member: of this machine rather than of the network, and one whose host the server's certificate names.
 * Undefined when it listens on nothing that can be dialled.
 */
export function chooseEndpoint(
  listenUrls: readonly string[],
  advertiseUrls: readonly string[],
  certificate: CertificateReport | undefined,
): EndpointChoice | undefined {
  const listening = listenUrls.flatMap(dialable);
  const hasWildcard = listenUrls.some((url) => hostOf(url) !== undefined && hostOf(url)! in loopbackOf);
  const candidates = [...listening, ...(hasWildcard ? advertiseUrls.flatMap(dialable) : [])];
  const ordered = [...candidates.filter(isLoopback), ...candidates.filter((url) => !isLoopback(url))];
  const [first] = ordered;
  if (first === undefined) return undefined;
  const needsName = certificate !== undefined && first.startsWith('https:');
  const named = needsName ? ordered.find((url) => isNamedIn(certificate, url)) : undefined;
  if (named === undefined)
    return { endpoint: first, reason: reasonOf(first), isNamed: needsName ? false : undefined };
  const passed = named === first ? '' : `; the certificate does not name ${bareHost(first)}`;
  return { endpoint: named, reason: `${reasonOf(named)}${passed}`, isNamed: true };
}

function dialable(url: string): string[] {
  const host = hostOf(url);
  if (host === undefined) return [];
  return (loopbackOf[host] ?? [host]).map((name) => url.replace(host, name));
}

/** The host as it is written, with brackets; undefined for what is no http URL. */
function hostOf(url: string): string | undefined {
  return /^https?:\/\/(\[[^\]]+\]|[^/:]+)/.exec(url)?.[1];
}

function bareHost(url: string): string {
  return (hostOf(url) ?? '').replace(/^\[|\]$/g, '');
}

function isLoopback(url: string): boolean {
  return /^(127\..*|::1|localhost)$/.test(bareHost(url));
}

function reasonOf(url: string): string {
  return isLoopback(url) ? 'the one of this machine itself' : 'one that it listens on';
}

/** As TLS clients compare: addresses with addresses, names with names and wildcards of one label. */
function isNamedIn(certificate: CertificateReport, url: string): boolean {
  const host = bareHost(url);
  if (isIP(host) !== 0) return certificate.ipAddresses.includes(host);
  return certificate.dnsNames.some(
    (name) => name === host || (name.startsWith('*.') && host.slice(host.indexOf('.')) === name.slice(1)),
  );
}
