/** From etcdctl's connection flags to the client's options. */
import { readFile } from 'node:fs/promises';
import { fileError } from '../../base/index.ts';
import type { EtcdClientOptions, TlsOptions } from '../../etcd/index.ts';
import { type CliIo, type GlobalValues, usageError } from '../command/index.ts';

/** Errors: USAGE, FILE_NOT_FOUND, FILE_NOT_READABLE. */
export async function readClientOptions(
  globals: GlobalValues,
  given: ReadonlySet<string>,
  io: CliIo,
): Promise<EtcdClientOptions> {
  refuseUnsupported(globals);
  const tls = await readTlsOptions(globals, given);
  const user = await readUser(globals, io);
  const { 'max-recv-bytes': maxReceiveBytes, 'max-request-bytes': maxRequestBytes } = globals;
  return {
    endpoints: globals.endpoints.filter((endpoint) => endpoint !== ''),
    ...(tls === undefined ? {} : { tls }),
    ...(user === undefined ? {} : { user }),
    dialTimeoutMs: globals['dial-timeout'],
    commandTimeoutMs: globals['command-timeout'],
    keepAliveTimeMs: globals['keepalive-time'],
    keepAliveTimeoutMs: globals['keepalive-timeout'],
    ...(maxReceiveBytes === 0n ? {} : { maxReceiveBytes: Number(maxReceiveBytes) }),
    ...(maxRequestBytes === 0n ? {} : { maxRequestBytes: Number(maxRequestBytes) }),
    signal: io.signal,
  };
}

function refuseUnsupported(globals: GlobalValues): void {
  if (globals['discovery-srv'] !== undefined || globals['discovery-srv-name'] !== undefined)
    throw usageError(
      'finding endpoints through DNS SRV records is not supported',
      'Name them with --endpoints.',
    );
  if (globals['auth-jwt-token'] !== undefined)
    throw usageError('--auth-jwt-token is not supported', 'Use --user and --password.');
}

/** TLS is on as soon as one of its files is given, as with etcdctl. */
async function readTlsOptions(
  globals: GlobalValues,
  given: ReadonlySet<string>,
): Promise<TlsOptions | undefined> {
  for (const flag of ['cert', 'key', 'cacert'] as const)
    if (globals[flag] === '' && given.has(flag))
      throw usageError(`empty string is passed to --${flag} option`);
  const { cacert, cert, key } = globals;
  if ((cert === undefined) !== (key === undefined))
    throw usageError('--cert and --key belong together', 'Give both files or neither.');
  const insecureSkipVerify = globals['insecure-skip-tls-verify'];
  const isPlain = cacert === undefined && cert === undefined && !insecureSkipVerify;
  if (isPlain && globals['insecure-transport']) return undefined;
  return {
    ...(cacert === undefined ? {} : { caPem: await readPem(cacert) }),
    ...(cert === undefined ? {} : { certPem: await readPem(cert) }),
    ...(key === undefined ? {} : { keyPem: await readPem(key) }),
    ...(insecureSkipVerify ? { insecureSkipVerify } : {}),
  };
}

async function readPem(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileError(error, 'open', path);
  }
}

async function readUser(
  { user, password }: GlobalValues,
  io: CliIo,
): Promise<{ name: string; password: string } | undefined> {
  if (user === undefined || user === '') return undefined;
  if (password !== undefined && password !== '') return { name: user, password };
  const colon = user.indexOf(':');
  if (colon !== -1) return { name: user.slice(0, colon), password: user.slice(colon + 1) };
  if (io.askSecret === undefined)
    throw usageError(
      'no password is given, and there is no terminal to ask for it',
      'Pass --user name:password, or set ETCDCTL_PASSWORD.',
    );
  return { name: user, password: await io.askSecret('Password: ') };
}
