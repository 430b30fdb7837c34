import { writeOuts } from '../output/index.ts';
import type { FlagSpecs, FlagValues } from './flag-spec.ts';

/** Flags of ours that every command takes. */
const ownFlags = {
  'write-out': {
    kind: 'string',
    short: 'w',
    default: 'simple',
    choices: writeOuts,
    valueName: 'format',
    summary: 'how results are printed: simple, json, table, fields (discover: env and command, too)',
  },
  quiet: { kind: 'boolean', summary: 'print results and errors only' },
  debug: { kind: 'boolean', summary: 'say more on stderr: decisions, causes and details of errors' },
  progress: {
    kind: 'string',
    default: 'auto',
    choices: ['auto', 'plain', 'none'],
    valueName: 'mode',
    variable: 'HOLDFAST_PROGRESS',
    setting: 'progress',
    summary:
      'progress on stderr: a bar on a terminal and lines elsewhere, but none with -w json (auto), lines (plain), none',
  },
  root: {
    kind: 'string',
    valueName: 'dir',
    summary: "where the host's file system is, for finding etcd (default /)",
  },
  'log-file': {
    kind: 'string',
    valueName: 'file',
    variable: 'HOLDFAST_LOG_FILE',
    setting: 'log-file',
    summary: 'append a record of what is done to this file',
  },
  config: {
    kind: 'string',
    valueName: 'file',
    variable: 'HOLDFAST_CONFIG',
    summary:
      'read settings from this file, from none if empty (default /etc/holdfast/holdfast.yaml, if it is there)',
  },
} as const satisfies FlagSpecs;

/** etcdctl's global flags, its defaults and its words (etcdctl 3.7.3, `etcdctl options`). */
export const etcdctlFlags = {
  endpoints: {
    kind: 'list',
    default: ['127.0.0.1:2379'],
    setting: 'etcd.endpoints',
    summary: 'gRPC endpoints, comma-separated',
  },
  cacert: {
    setting: 'etcd.cacert',
    kind: 'string',
    valueName: 'file',
    summary: 'verify certificates of TLS-enabled secure servers using this CA bundle',
  },
  cert: {
    setting: 'etcd.cert',
    kind: 'string',
    valueName: 'file',
    summary: 'identify secure client using this TLS certificate file',
  },
  key: {
    kind: 'string',
    valueName: 'file',
    setting: 'etcd.key',
    summary: 'identify secure client using this TLS key file',
  },
  'insecure-transport': {
    setting: 'etcd.insecure-transport',
    kind: 'boolean',
    default: true,
    summary: 'plain text for endpoints without a scheme when no TLS file is given',
  },
  'insecure-skip-tls-verify': {
    setting: 'etcd.insecure-skip-tls-verify',
    kind: 'boolean',
    summary: 'skip server certificate verification (for testing only)',
  },
  user: {
    setting: 'etcd.user',
    kind: 'string',
    valueName: 'name[:password]',
    summary: 'user for authentication (asks when there is no password)',
  },
  password: { kind: 'string', summary: 'password for authentication (then --user is the name alone)' },
  'dial-timeout': {
    setting: 'etcd.dial-timeout',
    kind: 'duration',
    default: '2s',
    summary: 'limit for making a connection',
  },
  'command-timeout': {
    setting: 'etcd.command-timeout',
    kind: 'duration',
    default: '5s',
    summary: 'limit for a short running command, 0 for none (snapshot save: none unless given)',
  },
  'keepalive-time': {
    setting: 'etcd.keepalive-time',
    kind: 'duration',
    default: '2s',
    summary: 'keepalive time (raised to 10s, as in etcdctl)',
  },
  'keepalive-timeout': {
    kind: 'duration',
    default: '6s',
    setting: 'etcd.keepalive-timeout',
    summary: 'keepalive timeout',
  },
  'max-request-bytes': {
    kind: 'integer',
    default: 0n,
    minimum: 0n,
    summary: 'limit for one request; 0 is 2 MiB',
  },
  'max-recv-bytes': { kind: 'integer', default: 0n, minimum: 0n, summary: 'limit for one reply; 0 is 2 GiB' },
  hex: { kind: 'boolean', summary: 'print byte strings and ids as hex' },
  'discovery-srv': { kind: 'string', short: 'd', hidden: true, summary: 'not supported' },
  'discovery-srv-name': { kind: 'string', hidden: true, summary: 'not supported' },
  'insecure-discovery': { kind: 'boolean', default: true, hidden: true, summary: 'no effect' },
  'auth-jwt-token': { kind: 'string', hidden: true, summary: 'not supported' },
} as const satisfies FlagSpecs;

export const globalFlags = { ...ownFlags, ...etcdctlFlags };

export type GlobalValues = FlagValues<typeof globalFlags>;

/** Flags that the environment may set, with the prefix that etcdctl gives them. */
export const flagsFromEnvironment: FlagSpecs = {
  ...etcdctlFlags,
  'write-out': ownFlags['write-out'],
  debug: ownFlags.debug,
};
