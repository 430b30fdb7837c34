/**
 * URLs as etcd's flags take them, and as it writes them back: Go's parsing and re-serialising, as far as a URL that
 * passes etcd's rules can tell the difference.
 *
 * Source: etcd client/pkg/types/urls.go (3.5.30); Go net/url.
 */
import { HoldfastError } from '../../base/index.ts';

const schemes = ['http', 'https', 'unix', 'unixs'];

/** scheme, authority, path, query and fragment. */
const urlParts = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/s;

/**
 * Parses one URL of a flag and returns the text that etcd makes of it: trimmed, scheme in lower case. It must be http
 * or https with `host:port` and no path (a trailing `/` is one), or unix or unixs with anything.
 *
 * Throws USAGE, naming the flag.
 */
export function parseServerUrl(input: string, flag: string): string {
  const text = input.trim();
  if (/[\u0000-\u001f\u007f]/.test(text)) throw urlError(flag, 'URL holds a control character', text);
  const [, rawScheme = '', authority, path = '', query = '', fragment = ''] = urlParts.exec(text) ?? [];
  const scheme = rawScheme.toLowerCase();
  if (!schemes.includes(scheme)) throw urlError(flag, 'URL scheme must be http, https, unix, or unixs', text);
  const hostAt = (authority ?? '').lastIndexOf('@') + 1;
  const host = (authority ?? '').slice(hostAt);
  const isUnix = scheme.startsWith('unix');
  if (!(isUnix ? hostMayHavePort : hostHasPort).test(host)) {
    throw urlError(flag, 'URL address does not have the form "host:port"', text);
  }
  if (!isUnix && path !== '') throw urlError(flag, 'URL must not contain a path', text);
  const shownAuthority = authority === undefined ? '' : `//${authority.slice(0, hostAt)}${escapeHost(host)}`;
  return `${scheme}:${shownAuthority}${escapePath(path)}${query}${fragment}`;
}

/** Parses a comma list of URLs, in the order that etcd keeps them: sorted. Throws USAGE. */
export function parseServerUrls(list: readonly string[], flag: string): string[] {
  return list.map((input) => parseServerUrl(input, flag)).sort();
}

/** `host:port` of a URL that `parseServerUrl` returned, and what is around it. */
export interface UrlHost {
  readonly prefix: string;
  readonly host: string;
  readonly suffix: string;
}

/** Splits a parsed URL around its `host:port`. */
export function splitUrlHost(url: string): UrlHost {
  const match = /^([a-z]+:\/\/(?:[^/?#]*@)?)([^/?#@]*)(.*)$/s.exec(url);
  return { prefix: match?.[1] ?? '', host: match?.[2] ?? '', suffix: match?.[3] ?? '' };
}

/** The name or address in `host:port`, without the brackets of IPv6. */
export function hostNameOf(hostPort: string): string {
  return hostPort.slice(0, hostPort.lastIndexOf(':')).replace(/^\[(.*)\]$/, '$1');
}

/**
 * One colon before the port, none in the host unless it is in brackets; a numeric or empty port. Percent escapes may
 * stand for bytes above 7F only, and for the `%` before an IPv6 zone.
 */
const hostHasPort = /^(?:\[(?:[^[\]\s%]|%25)*\]|(?:[^[\]:\s\\^`{|}%]|%[89a-f][0-9a-f])*):\d*$/i;
const hostMayHavePort = /^(?:\[(?:[^[\]\s%]|%25)*\]|(?:[^[\]:\s\\^`{|}%]|%[89a-f][0-9a-f])*)(?::\d*)?$/i;

/** Go escapes what may not stand in a path as it is. */
function escapePath(path: string): string {
  return path.replace(/[^A-Za-z0-9\-_.~$&+,/:;=@!'()*%[\]]+/g, (text) =>
    encodeURIComponent(text.toWellFormed()),
  );
}

/** Go writes the bytes of non-ASCII letters as percent escapes, in capitals. */
function escapeHost(host: string): string {
  return host
    .replace(/[^\u0000-\u007f]+/gu, (letters) => encodeURIComponent(letters.toWellFormed()))
    .replace(/%[0-9a-f]{2}/gi, (escape) => escape.toUpperCase());
}

function urlError(flag: string, what: string, url: string): HoldfastError {
  return new HoldfastError('USAGE', `${flag}: ${what}: ${url === '' ? '""' : url}`, {
    hint: 'Write peer URLs as scheme://host:port, for example https://10.0.0.1:2380.',
    details: { flag, url },
  });
}
