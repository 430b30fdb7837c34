import type { RestoreResult } from '../../../operations/restore/index.ts';
import { defineCommand } from '../../command/index.ts';
import type { View } from '../../output/index.ts';
import { recordView } from '../../output/views/index.ts';
import { lockTimeoutFlag } from './lock-timeout-flag.ts';

export const snapshotRestoreCommand = defineCommand({
  path: ['snapshot', 'restore'],
  summary: 'make the data dir of an etcd member out of a snapshot',
  description:
    'Checks digest and structure of the file, writes a new data dir beside its final name, checks it again, and moves ' +
    'it there. For a cluster run it once for each member, with the same file, --initial-cluster and token. The ' +
    'lines that it prints are a record of what it did.',
  args: [{ name: 'file', summary: 'a snapshot, or the database of a stopped member', takesBackup: true }],
  flags: {
    'data-dir': { kind: 'string', summary: 'path to the output data directory (default <name>.etcd)' },
    'wal-dir': { kind: 'string', summary: 'path to the WAL directory (inside the data dir if none given)' },
    name: { kind: 'string', default: 'default', summary: 'human-readable name for this member' },
    'initial-cluster': {
      kind: 'string',
      default: 'default=http://localhost:2380',
      summary: 'members of the new cluster: name=peer-url,…',
    },
    'initial-cluster-token': { kind: 'string', default: 'etcd-cluster', summary: 'token of the new cluster' },
    'initial-advertise-peer-urls': {
      kind: 'string',
      default: 'http://localhost:2380',
      summary: "this member's peer URLs, comma-separated",
    },
    'skip-hash-check': {
      kind: 'boolean',
      summary: 'ignore the digest of the snapshot (required for a copy of member/snap/db)',
    },
    'bump-revision': {
      kind: 'integer',
      default: 0n,
      minimum: 0n,
      summary: 'how much to increase the latest revision after restore',
    },
    'mark-compacted': {
      kind: 'boolean',
      summary: 'mark the latest revision as compacted (required with --bump-revision, refused without)',
    },
    compact: { kind: 'boolean', summary: 'write a defragmented database' },
    'initial-memory-map-size': {
      kind: 'integer',
      default: 10_737_418_240n,
      hidden: true,
      summary: 'no effect',
    },
    ...lockTimeoutFlag,
  },
  steps: 'stdout',
  examples: [
    { command: 'holdfast snapshot restore snapshot.db --data-dir /var/lib/etcd-new', explains: 'One member' },
    {
      command:
        'holdfast snapshot restore snapshot.db --name m1 --data-dir /var/lib/etcd-new --initial-cluster m1=https://10.0.0.1:2380,m2=https://10.0.0.2:2380,m3=https://10.0.0.3:2380 --initial-advertise-peer-urls https://10.0.0.1:2380',
      explains: 'The first of three members',
    },
    {
      command:
        'holdfast snapshot restore snapshot.db --data-dir /var/lib/etcd-new --bump-revision 1000000000 --mark-compacted',
      explains: 'Under Kubernetes: make every watch and cache start anew',
    },
  ],
  exitStatuses: {
    3: 'the file is not a sound snapshot',
    4: 'the data dir or WAL dir exists already; nothing was touched',
  },
  async run(input, host) {
    const { restoreSnapshot } = await import('../../../operations/restore/index.ts');
    const { flags } = input;
    const result = await restoreSnapshot(
      {
        snapshotPath: input.args[0]!,
        name: flags.name,
        ...(flags['data-dir'] === undefined ? {} : { dataDir: flags['data-dir'] }),
        ...(flags['wal-dir'] === undefined ? {} : { walDir: flags['wal-dir'] }),
        initialCluster: flags['initial-cluster'],
        initialClusterToken: flags['initial-cluster-token'],
        initialAdvertisePeerUrls: flags['initial-advertise-peer-urls'],
        skipHashCheck: flags['skip-hash-check'],
        bumpRevision: flags['bump-revision'],
        markCompacted: flags['mark-compacted'],
        compact: flags.compact,
        initialMemoryMapSizeBytes: flags['initial-memory-map-size'],
        // The simple format is the lines of the steps; they do not tell it.
        statusHash: host.format !== 'simple',
      },
      host.ctx,
    );
    host.print(restoreView(result));
  },
});

/** In the simple format the step lines are the output, as with etcdutl. */
function restoreView(result: RestoreResult): View {
  const { dataDir, walDir, clusterId, memberId, revision, members, status } = result;
  const record = recordView(
    [
      { title: 'Data dir', json: 'dataDir', value: dataDir },
      { title: 'WAL dir', json: 'walDir', value: walDir },
      { title: 'Cluster ID', json: 'clusterId', value: clusterId.toString(16) },
      { title: 'Member ID', json: 'memberId', value: memberId.toString(16) },
      { title: 'Revision', json: 'revision', value: revision },
      { title: 'Hash', json: 'hash', value: status.hash ?? '' },
      { title: 'Keys', json: 'totalKeys', value: status.totalKeys },
      { title: 'Size', json: 'sizeBytes', value: status.sizeBytes },
      { title: 'Version', json: 'version', value: status.version ?? '' },
    ],
    [],
  );
  return {
    ...record,
    json: () => ({
      ...(record.json() as object),
      members: members.map(({ id, name, peerUrls }) => ({ id: id.toString(16), name, peerUrls })),
    }),
  };
}
