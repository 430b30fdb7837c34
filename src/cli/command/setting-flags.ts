/** Flags that `holdfast.yaml` can set too, for the commands that take them. */
import type { FlagSpecs } from './flag-spec.ts';

const unlock = { what: 'what opens the repository', secretVariable: 'HOLDFAST_PASSPHRASE' } as const;

/** Which repository, how to reach it, and what opens it. */
export const repositoryFlags = {
  repo: {
    kind: 'string',
    valueName: 'location',
    variable: 'HOLDFAST_REPOSITORY',
    setting: 'repository.location',
    summary: 'the repository: a directory, or s3://BUCKET/PREFIX',
  },
  'passphrase-file': {
    kind: 'string',
    valueName: 'file',
    variable: 'HOLDFAST_PASSPHRASE_FILE',
    setting: 'repository.passphrase-file',
    alternatives: unlock,
    summary: 'file that holds the passphrase of the repository',
  },
  'passphrase-command': {
    kind: 'string',
    valueName: 'command',
    variable: 'HOLDFAST_PASSPHRASE_COMMAND',
    setting: 'repository.passphrase-command',
    alternatives: unlock,
    summary: 'command that prints the passphrase of the repository',
  },
  'key-file': {
    kind: 'string',
    valueName: 'file',
    variable: 'HOLDFAST_KEY_FILE',
    setting: 'repository.key-file',
    alternatives: unlock,
    summary: 'key file that opens the repository',
  },
  'identity-file': {
    kind: 'string',
    valueName: 'file',
    variable: 'HOLDFAST_IDENTITY_FILE',
    setting: 'repository.identity-file',
    alternatives: unlock,
    summary: 'file with age identities that open the repository',
  },
  'upload-limit': {
    kind: 'string',
    valueName: 'size',
    variable: 'HOLDFAST_UPLOAD_LIMIT',
    setting: 'repository.upload-limit',
    summary: 'at most so many bytes a second go up, such as 10MiB',
  },
  'download-limit': {
    kind: 'string',
    valueName: 'size',
    variable: 'HOLDFAST_DOWNLOAD_LIMIT',
    setting: 'repository.download-limit',
    summary: 'at most so many bytes a second come down, such as 10MiB',
  },
  's3-endpoint': {
    kind: 'string',
    valueName: 'url',
    variable: 'HOLDFAST_S3_ENDPOINT',
    setting: 'repository.s3.endpoint',
    summary: 'server that speaks S3 (default AWS)',
  },
  's3-region': {
    kind: 'string',
    valueName: 'region',
    variable: 'HOLDFAST_S3_REGION',
    setting: 'repository.s3.region',
    summary: 'region of the bucket (default that of the AWS environment)',
  },
  's3-path-style': {
    kind: 'boolean',
    variable: 'HOLDFAST_S3_PATH_STYLE',
    setting: 'repository.s3.path-style',
    summary: 'name the bucket in the path, not in the host (default when there is an endpoint)',
  },
  's3-ca-file': {
    kind: 'string',
    valueName: 'file',
    variable: 'HOLDFAST_S3_CA_FILE',
    setting: 'repository.s3.ca-file',
    summary: 'certificates that are trusted for the endpoint',
  },
  's3-object-lock': {
    kind: 'string',
    choices: ['governance', 'compliance'],
    valueName: 'mode',
    variable: 'HOLDFAST_S3_OBJECT_LOCK',
    setting: 'repository.s3.object-lock',
    summary: 'lock what is put in this mode: governance or compliance',
  },
  'memory-dir': {
    kind: 'string',
    valueName: 'dir',
    variable: 'HOLDFAST_MEMORY_DIR',
    setting: 'repository.memory-dir',
    summary: 'where this host remembers which backups it has seen (default /var/lib/holdfast/repositories)',
  },
} as const satisfies FlagSpecs;

/** Which backups are kept; `readRetentionPolicy` makes a policy of them. */
export const retentionFlags = {
  'keep-last': keep('last', 'keep so many of the newest backups'),
  'keep-hourly': keep('hourly', 'keep the newest of so many hours that have backups'),
  'keep-daily': keep('daily', 'keep the newest of so many days that have backups'),
  'keep-weekly': keep('weekly', 'keep the newest of so many weeks that have backups'),
  'keep-monthly': keep('monthly', 'keep the newest of so many months that have backups'),
  'keep-yearly': keep('yearly', 'keep the newest of so many years that have backups'),
  'keep-within': {
    kind: 'string',
    valueName: 'span',
    variable: 'HOLDFAST_KEEP_WITHIN',
    setting: 'retention.keep-within',
    summary: 'keep what is not older than this before the newest: 36h, 30d, 12w, 6mo, 1y',
  },
  'keep-min': keep('min', 'leave so many sound backups, whatever the other rules say'),
  'time-zone': {
    kind: 'string',
    valueName: 'name',
    variable: 'HOLDFAST_TIME_ZONE',
    setting: 'retention.time-zone',
    summary: 'where hours, days, weeks, months and years begin, such as Europe/Berlin (default UTC)',
  },
} as const satisfies FlagSpecs;

/** What a backup takes along. Ask `given`: without a value, `bundle` depends on the host. */
export const backupFlags = {
  bundle: {
    kind: 'boolean',
    variable: 'HOLDFAST_BUNDLE',
    setting: 'backup.bundle',
    summary: 'take certificates, manifests and configuration along (default on a control-plane node)',
  },
  exact: {
    kind: 'boolean',
    variable: 'HOLDFAST_EXACT',
    setting: 'backup.exact',
    summary: 'keep what a byte-identical file needs',
  },
  'skip-unchanged': {
    kind: 'boolean',
    variable: 'HOLDFAST_SKIP_UNCHANGED',
    setting: 'backup.skip-unchanged',
    summary: 'make no backup when nothing has changed since the last one',
  },
} as const satisfies FlagSpecs;

function keep<const R extends string>(rule: R, summary: string) {
  return {
    kind: 'integer',
    minimum: 0n,
    valueName: 'number',
    variable: `HOLDFAST_KEEP_${rule.toUpperCase()}`,
    setting: `retention.keep-${rule}`,
    summary,
  } as const;
}
