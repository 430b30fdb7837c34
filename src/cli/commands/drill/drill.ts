import type { DrillExpectations, DrillOptions } from '../../../operations/drill/index.ts';
import { type CommandHost, type CommandInput, defineCommand } from '../../command/index.ts';
import { given, sandboxFlags, sandboxOptions } from './sandbox-flags.ts';
import { requirePage, tellReport } from './tell-report.ts';

const drillFlags = {
  ...sandboxFlags,
  'wal-dir': {
    kind: 'string',
    valueName: 'dir',
    summary: 'where the log of a data dir is, if not inside it',
  },
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
  isReport: true,
  async run(input, host) {
    await requirePage(input.flags);
    const { drill } = await import('../../../operations/drill/index.ts');
    const report = await drill(await drillOptions(input, host), host.ctx);
    await tellReport({ ...report, source: host.nameOf(report.source) }, input.flags, host);
    return 0;
  },
});

async function drillOptions(
  { args, flags }: CommandInput<typeof drillFlags>,
  host: CommandHost,
): Promise<DrillOptions> {
  return {
    source: args[0]!,
    expect: expectations(flags),
    ...(await sandboxOptions(flags, host)),
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
