import { tmpdir } from 'node:os';
import { HoldfastError } from '../../../base/index.ts';
import type { DrillExpectations, DrillOptions } from '../../../operations/drill/index.ts';
import { type CommandHost, type CommandInput, defineCommand, usageError } from '../../command/index.ts';
import { drillView, formatDrillPage } from '../../output/views/index.ts';
import { findEtcd } from './find-etcd.ts';
import { requirePagePlace, writePage } from './page-file.ts';

const drillFlags = {
  etcd: { kind: 'string', valueName: 'path', summary: 'the etcd to start (the one on the PATH without it)' },
  embedded: { kind: 'boolean', summary: 'use the embedded server, also where there is an etcd on the PATH' },
  'kube-apiserver': {
    kind: 'string',
    valueName: 'path',
    summary: 'start this API server on it, too, and compare every object that it serves',
  },
  'encryption-config': {
    kind: 'string',
    valueName: 'file',
    summary: "the API server's EncryptionConfiguration, for objects that are encrypted",
  },
  'etcd-prefix': {
    kind: 'string',
    valueName: 'prefix',
    summary: "the API server's --etcd-prefix (found without it)",
  },
  'wal-dir': {
    kind: 'string',
    valueName: 'dir',
    summary: 'where the log of a data dir is, if not inside it',
  },
  html: { kind: 'string', valueName: 'file', summary: 'write the report as a self-contained page, too' },
  'work-dir': {
    kind: 'string',
    valueName: 'dir',
    summary: "where the sandbox is made (the system's directory for temporary files without it)",
  },
  keep: { kind: 'boolean', summary: 'leave the sandbox behind, with the logs' },
  'wait-timeout': { kind: 'duration', default: '2m', summary: 'limit for each wait' },
  'expect-sha256': { kind: 'string', valueName: 'hex', summary: 'SHA-256 that the whole file must have' },
  'expect-hashkv': {
    kind: 'integer',
    minimum: 0n,
    summary: 'HashKV of the live cluster at the revision of the backup',
  },
  'expect-revision': { kind: 'integer', minimum: 1n, summary: 'revision that the backup must have' },
  'expect-members': { kind: 'list', default: [], summary: 'names or ids of members that must be in it' },
  'expect-cluster-id': { kind: 'string', valueName: 'hex', summary: 'cluster id that a data dir must have' },
} as const;

export const drillCommand = defineCommand({
  path: ['drill'],
  summary: 'bring a backup up in a sandbox and prove from outside that it comes back whole',
  description:
    'Checks the file, restores it into a directory of its own, starts an etcd there and asks it as any client would: ' +
    'health, members, revision, HashKV, every key with its value, leases, a write, a restart. With --kube-apiserver ' +
    'every Kubernetes object is compared, too. Nothing outside the sandbox is touched and nothing stays behind. ' +
    'Without an etcd the embedded server answers, which proves the data and not the real program. Damage that leaves ' +
    'a file sound shows only against something known from elsewhere: that is what the --expect flags are for.',
  args: [
    { name: 'file', summary: 'a snapshot, a database or a data dir; it is only read', takesBackup: true },
  ],
  flags: drillFlags,
  steps: 'log-file',
  examples: [
    { command: 'holdfast drill snapshot.db', explains: 'With the etcd on the PATH, or the embedded server' },
    {
      command: 'holdfast drill snapshot.db --etcd /usr/local/bin/etcd --html drill.html',
      explains: 'With this etcd, and a page for those who ask',
    },
    {
      command: 'holdfast drill /var/lib/etcd-of-the-dead-node',
      explains: 'A data dir with what its log holds; it is copied first',
    },
  ],
  exitStatuses: {
    3: 'the backup is damaged, or did not come up as what it claims to be',
    4: 'the file for the page exists and is no report',
  },
  async run(input, host) {
    const { html } = input.flags;
    if (html !== undefined) await requirePagePlace(html);
    const { drill } = await import('../../../operations/drill/index.ts');
    const drilled = await drill(await drillOptions(input, host), host.ctx);
    const report = { ...drilled, source: host.nameOf(drilled.source) };
    host.print(drillView(report));
    if (html !== undefined) await writePage(html, formatDrillPage(report));
    if (report.ok) return;
    const failed = report.checks.filter(({ status }) => status === 'fail');
    const [first] = failed;
    throw new HoldfastError(
      'DRILL_FAILED',
      `${report.source} fails ${failed.map(({ name }) => name).join(', ')}: ${first!.summary}`,
      { details: { path: report.source, checks: failed.map(({ name }) => name) } },
    );
  },
});

async function drillOptions(
  { args, flags }: CommandInput<typeof drillFlags>,
  { io }: CommandHost,
): Promise<DrillOptions> {
  if (flags.embedded && flags.etcd !== undefined)
    throw usageError('--etcd and --embedded contradict each other');
  const etcdProgram = flags.embedded ? undefined : (flags.etcd ?? (await findEtcd(io.env['PATH'])));
  return {
    source: args[0]!,
    workDir: flags['work-dir'] ?? tmpdir(),
    keep: flags.keep,
    waitTimeoutMs: flags['wait-timeout'],
    expect: expectations(flags),
    ...given('etcdProgram', etcdProgram),
    ...given('kubeApiserverProgram', flags['kube-apiserver']),
    ...given('encryptionConfigFile', flags['encryption-config']),
    ...given('prefix', flags['etcd-prefix']),
    ...given('walDir', flags['wal-dir']),
  };
}

function expectations(flags: CommandInput<typeof drillFlags>['flags']): DrillExpectations {
  const hashKv = flags['expect-hashkv'];
  const members = flags['expect-members'];
  return {
    ...given('fileSha256', flags['expect-sha256']),
    ...given('hashKv', hashKv === undefined ? undefined : Number(hashKv)),
    ...given('revision', flags['expect-revision']),
    ...given('clusterId', flags['expect-cluster-id']),
    ...(members.length === 0 ? {} : { members }),
  };
}

function given<K extends string, V>(name: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [name]: value } as Record<K, V>);
}
