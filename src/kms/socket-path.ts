import { HoldfastError } from '../base/index.ts';

/**
 * The socket of a plugin's endpoint, as Node dials it: `unix:///run/kms.sock` is a path, `unix:///@name` is in Linux's
 * abstract namespace, whose names begin with a zero byte. A host in the URL means nothing, as with the API server.
 *
 * Errors: KMS_UNREACHABLE.
 * Source: k8s.io/kms pkg/util/util.go (0.36.3).
 */
export function parseSocketPath(endpoint: string): string {
  const path = /^unix:(?:\/\/[^/?#]*)?(\/[^?#]*)/i.exec(endpoint)?.[1];
  const decoded = path === undefined ? undefined : decodePercents(path);
  if (decoded === undefined || decoded === '/' || decoded.includes('\0'))
    throw new HoldfastError('KMS_UNREACHABLE', 'the endpoint of the KMS plugin is no unix socket', {
      hint: 'The API server takes "unix:///path/to/socket" only.',
    });
  return decoded.startsWith('/@') ? `\0${decoded.slice(2)}` : decoded;
}

/** For messages: an abstract name with the `@` that it is written with. */
export function displaySocket(socketPath: string): string {
  return socketPath.replace('\0', '@');
}

function decodePercents(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
