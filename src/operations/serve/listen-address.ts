import { isIP } from 'node:net';
import { HoldfastError } from '../../base/index.ts';

/** Where to listen. */
export interface ListenAddress {
  /** A name or an address, an IPv6 one without brackets. */
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
}

/** Parses `HOST:PORT`; without a host it is 127.0.0.1. Throws USAGE. */
export function parseListenAddress(text: string): ListenAddress {
  const found = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(found?.[3] ?? NaN);
  const isAddress = found?.[1] === undefined || isIP(found[1]) === 6;
  if (found === null || !isAddress || port > 65_535)
    throw new HoldfastError('USAGE', `"${text}" is not an address to listen on`, {
      hint: 'Give HOST:PORT, such as 127.0.0.1:2379 or [::1]:2379; port 0 takes a free one.',
    });
  const host = found[1] ?? found[2] ?? '';
  return { host: host === '' ? '127.0.0.1' : host, port };
}

/** Whether only this machine can get there. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
