import { isTimeZone } from '../../repository/retention/index.ts';
import { byteSizePattern } from './byte-size.ts';
import type { RefusedSetting, Setting } from './setting.ts';

const rate = { pattern: byteSizePattern, words: 'a number of bytes with a unit, such as 10MiB' } as const;
const unlock = { alternatives: 'what opens the repository' } as const;

const repository: readonly Setting[] = [
  {
    path: 'repository.location',
    kind: 'text',
    flag: 'repo',
    variable: 'HOLDFAST_REPOSITORY',
    form: {
      pattern: '^(/.*|file:///.*|s3://[^@?#/]+(/[^@?#]*)?)$',
      words: 'an absolute path, or s3://BUCKET/PREFIX',
    },
    summary: 'where the repository is: a directory, or s3://BUCKET/PREFIX',
  },
  {
    path: 'repository.passphrase-file',
    kind: 'path',
    flag: 'passphrase-file',
    variable: 'HOLDFAST_PASSPHRASE_FILE',
    ...unlock,
    isSecretFile: true,
    summary: 'file that holds the passphrase of the repository',
  },
  {
    path: 'repository.passphrase-command',
    kind: 'text',
    flag: 'passphrase-command',
    variable: 'HOLDFAST_PASSPHRASE_COMMAND',
    ...unlock,
    summary: 'command that prints the passphrase of the repository',
  },
  {
    path: 'repository.key-file',
    kind: 'path',
    flag: 'key-file',
    variable: 'HOLDFAST_KEY_FILE',
    ...unlock,
    isSecretFile: true,
    summary: 'key file that opens the repository',
  },
  {
    path: 'repository.identity-file',
    kind: 'path',
    flag: 'identity-file',
    variable: 'HOLDFAST_IDENTITY_FILE',
    ...unlock,
    isSecretFile: true,
    summary: 'file with age identities that open the repository',
  },
  {
    path: 'repository.upload-limit',
    kind: 'text',
    flag: 'upload-limit',
    variable: 'HOLDFAST_UPLOAD_LIMIT',
    form: rate,
    summary: 'at most so many bytes a second go up, such as 10MiB',
  },
  {
    path: 'repository.download-limit',
    kind: 'text',
    flag: 'download-limit',
    variable: 'HOLDFAST_DOWNLOAD_LIMIT',
    form: rate,
    summary: 'at most so many bytes a second come down, such as 10MiB',
  },
  {
    path: 'repository.s3.endpoint',
    kind: 'text',
    flag: 's3-endpoint',
    variable: 'HOLDFAST_S3_ENDPOINT',
    form: { pattern: '^https?://[^/?#@]+/?$', words: 'a URL of scheme, host and port alone' },
    summary: 'server that speaks S3, such as https://minio.example:9000 (default AWS)',
  },
  {
    path: 'repository.s3.region',
    kind: 'text',
    flag: 's3-region',
    variable: 'HOLDFAST_S3_REGION',
    summary: 'region of the bucket (default that of the AWS environment)',
  },
  {
    path: 'repository.s3.path-style',
    kind: 'boolean',
    flag: 's3-path-style',
    variable: 'HOLDFAST_S3_PATH_STYLE',
    summary: 'name the bucket in the path, not in the host (default when there is an endpoint)',
  },
  {
    path: 'repository.s3.ca-file',
    kind: 'path',
    flag: 's3-ca-file',
    variable: 'HOLDFAST_S3_CA_FILE',
    summary: 'certificates that are trusted for the endpoint, instead of those of the system',
  },
  {
    path: 'repository.s3.object-lock',
    kind: 'text',
    flag: 's3-object-lock',
    variable: 'HOLDFAST_S3_OBJECT_LOCK',
    choices: ['governance', 'compliance'],
    summary: 'the bucket has object lock: lock what is put in this mode',
  },
  {
    path: 'repository.memory-dir',
    kind: 'path',
    flag: 'memory-dir',
    variable: 'HOLDFAST_MEMORY_DIR',
    summary: 'where this host remembers which backups it has seen (default /var/lib/holdfast/repositories)',
  },
];

const etcd: readonly Setting[] = (
  [
    ['endpoints', 'list', 'gRPC endpoints (default: those of the etcd of this host)'],
    ['cacert', 'path', 'verify certificates of servers with this CA bundle'],
    ['cert', 'path', 'TLS certificate of the client'],
    ['key', 'path', 'TLS key of the client'],
    ['user', 'text', 'user for authentication; its password comes from ETCDCTL_PASSWORD'],
    ['insecure-transport', 'boolean', 'plain text for endpoints without a scheme when no TLS file is given'],
    ['insecure-skip-tls-verify', 'boolean', 'skip the verification of certificates (for testing only)'],
    ['dial-timeout', 'duration', 'limit for making a connection'],
    ['command-timeout', 'duration', 'limit for a short running command'],
    ['keepalive-time', 'duration', 'keepalive time'],
    ['keepalive-timeout', 'duration', 'keepalive timeout'],
  ] as const
).map(([name, kind, summary]) => ({
  path: `etcd.${name}`,
  kind,
  flag: name,
  variable: `ETCDCTL_${name.toUpperCase().replaceAll('-', '_')}`,
  ...(name === 'key' && { isSecretFile: true }),
  ...(name === 'user' && { form: { pattern: '^[^:]+$', words: 'the name alone' } }),
  summary,
}));

const retention: readonly Setting[] = [
  ...(
    [
      ['last', 'keep so many of the newest backups'],
      ['hourly', 'keep the newest of so many hours that have backups'],
      ['daily', 'keep the newest of so many days that have backups'],
      ['weekly', 'keep the newest of so many weeks that have backups'],
      ['monthly', 'keep the newest of so many months that have backups'],
      ['yearly', 'keep the newest of so many years that have backups'],
      ['min', 'leave so many sound backups, whatever the other rules say'],
    ] as const
  ).map(
    ([name, summary]): Setting => ({
      path: `retention.keep-${name}`,
      kind: 'integer',
      flag: `keep-${name}`,
      variable: `HOLDFAST_KEEP_${name.toUpperCase()}`,
      summary,
    }),
  ),
  {
    path: 'retention.keep-within',
    kind: 'text',
    flag: 'keep-within',
    variable: 'HOLDFAST_KEEP_WITHIN',
    form: {
      pattern: '^([0-9]{1,6}(h|d|w|mo|y))+$',
      words: 'a span such as 36h, 30d, 12w, 6mo or 1y',
    },
    summary: 'keep what is not older than this before the newest backup: 30d, 12w, 6mo, 1y',
  },
  {
    path: 'retention.time-zone',
    kind: 'text',
    flag: 'time-zone',
    variable: 'HOLDFAST_TIME_ZONE',
    form: { pattern: '.', words: 'a time zone such as Europe/Berlin', check: isTimeZone },
    summary: 'where hours, days, weeks, months and years begin (default UTC)',
  },
];

const backup: readonly Setting[] = [
  {
    path: 'backup.bundle',
    kind: 'boolean',
    flag: 'bundle',
    variable: 'HOLDFAST_BUNDLE',
    summary: 'take certificates, manifests and configuration along (default on a control-plane node)',
  },
  {
    path: 'backup.exact',
    kind: 'boolean',
    flag: 'exact',
    variable: 'HOLDFAST_EXACT',
    summary: 'keep what a byte-identical file needs',
  },
  {
    path: 'backup.skip-unchanged',
    kind: 'boolean',
    flag: 'skip-unchanged',
    variable: 'HOLDFAST_SKIP_UNCHANGED',
    summary: 'make no backup when nothing has changed since the last one',
  },
];

/** Every setting, in the order in which they are shown. */
export const settings: readonly Setting[] = [
  ...repository,
  ...etcd,
  ...retention,
  ...backup,
  {
    path: 'progress',
    kind: 'text',
    flag: 'progress',
    variable: 'HOLDFAST_PROGRESS',
    choices: ['auto', 'plain', 'none'],
    summary:
      'progress on stderr: a bar on a terminal and lines elsewhere, but none with -w json (auto), lines (plain), none',
  },
  {
    path: 'log-file',
    kind: 'path',
    flag: 'log-file',
    variable: 'HOLDFAST_LOG_FILE',
    summary: 'append a record of what is done to this file',
  },
];

/** Secrets that the environment may hold, by the names under which they are shown: never their values. */
export const secretVariables: readonly {
  readonly path: string;
  readonly variable: string;
  readonly alternatives?: string;
}[] = [
  { path: 'repository.passphrase', variable: 'HOLDFAST_PASSPHRASE', ...unlock },
  { path: 'etcd.password', variable: 'ETCDCTL_PASSWORD' },
];

const s3Advice =
  'keep credentials out of this file: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile of the AWS SDK, or the role of the machine';

export const refusedSettings: readonly RefusedSetting[] = [
  {
    path: 'repository.passphrase',
    advice:
      'keep the passphrase out of this file: write it to a file of mode 0600 and name that with passphrase-file, or use passphrase-command or HOLDFAST_PASSPHRASE',
  },
  { path: 'repository.key', advice: 'name a file with key-file' },
  { path: 'repository.s3.access-key-id', advice: s3Advice },
  { path: 'repository.s3.secret-access-key', advice: s3Advice },
  { path: 'repository.s3.session-token', advice: s3Advice },
  { path: 'etcd.password', advice: 'keep the password out of this file: set ETCDCTL_PASSWORD' },
];
