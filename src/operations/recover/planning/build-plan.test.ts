import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DataDirPlace, HostFacts } from '../host/index.ts';
import type { RecoverOptions } from '../recover-options.ts';
import { buildRecoveryPlan } from './build-plan.ts';
import type { SnapshotFacts } from './snapshot-facts.ts';

const manifestText = `apiVersion: v1
kind: Pod
metadata: {name: etcd}
spec:
  containers:
  - name: etcd
    command: [etcd, --data-dir=/var/lib/etcd]
    volumeMounts:
    - mountPath: /var/lib/etcd
      name: data
  volumes:
  - hostPath: {path: /var/lib/etcd}
    name: data
`;

const place: DataDirPlace = {
  path: '/var/lib/etcd',
  exists: true,
  isMountPoint: false,
  walDir: undefined,
  walDirExists: false,
  owner: { uid: 0, gid: 0, mode: 0o700, selinuxLabel: undefined },
  content: {
    clusterId: 'c',
    memberId: 'a',
    members: [{ id: 'a', name: 'cp1', peerUrls: ['https://10.0.0.1:2380'], isLearner: false }],
    revision: 5n,
    kubeSystemUid: undefined,
    nodeNames: ['cp1', 'new'],
  },
};

interface Changes {
  readonly place?: Partial<DataDirPlace>;
  readonly etcd?: object;
  readonly host?: string;
}

function host({ place: changed, etcd, host: name = 'cp1' }: Changes = {}): HostFacts {
  const file = '/etc/kubernetes/manifests/etcd.yaml';
  return {
    host: name,
    discovery: {
      layout: 'static-pod',
      manifestsDir: '/etc/kubernetes/manifests',
      etcd: {
        runsAs: 'static-pod',
        manifest: file,
        name,
        endpoints: ['https://127.0.0.1:2379'],
        initialAdvertisePeerUrls: [`https://${name}:2380`],
        ...etcd,
      },
    },
    manifests: [{ role: 'etcd', file, text: manifestText, process: { program: 'etcd', args: [] } }],
    dataDir: { ...place, ...changed },
    apiServerReady: false,
  } as unknown as HostFacts;
}

const snapshot = {
  path: '/backup/snapshot.db',
  sizeBytes: 1,
  sha256: 'ab',
  revision: 5n,
  keyCount: 1,
  nodeNames: ['cp1', 'gone'],
} as unknown as SnapshotFacts;

function planOf(hosts: readonly HostFacts[], options: Partial<RecoverOptions> = {}) {
  return buildRecoveryPlan({
    snapshot,
    hosts,
    options: { snapshotPath: snapshot.path, ...options },
    id: 'ID',
    nowMs: 7,
  });
}

test('in the place of the old data dir', () => {
  const plan = planOf([host()]);
  const [planned] = plan.hosts;
  assert.equal(planned!.mode, 'replace');
  assert.deepEqual(planned!.swaps, [
    { live: '/var/lib/etcd', staged: '/var/lib/etcd.staged-ID', kept: '/var/lib/etcd.before-ID' },
  ]);
  assert.equal(planned!.fenceDir, '/etc/kubernetes/holdfast-recover-ID');
  assert.deepEqual(planned!.manifests[0], {
    role: 'etcd',
    file: '/etc/kubernetes/manifests/etcd.yaml',
    fencedFile: '/etc/kubernetes/holdfast-recover-ID/etcd.yaml',
    editedFile: undefined,
    editedText: undefined,
    changedLines: [],
    process: { program: 'etcd', args: [] },
  });
  assert.deepEqual(plan.cluster, {
    initialCluster: 'cp1=https://cp1:2380',
    token: 'holdfast-ID',
    members: [{ name: 'cp1', peerUrls: ['https://cp1:2380'] }],
  });
  assert.deepEqual(plan.nodes, { joinedSince: ['new'], leftSince: ['gone'] });
});

test('nothing is kept where nothing was', () => {
  const [planned] = planOf([host({ place: { exists: false, content: undefined } })]).hosts;
  assert.deepEqual(planned!.swaps, [
    { live: '/var/lib/etcd', staged: '/var/lib/etcd.staged-ID', kept: undefined },
  ]);
});

test('in a new directory: the old one stays, and the manifest is edited', () => {
  const [planned] = planOf([host()], { dataDir: '/srv/etcd' }).hosts;
  assert.equal(planned!.mode, 'new-data-dir');
  assert.deepEqual(planned!.swaps, [{ live: '/srv/etcd', staged: '/srv/etcd.staged-ID', kept: undefined }]);
  const { editedFile, editedText, changedLines } = planned!.manifests[0]!;
  assert.equal(editedFile, '/etc/kubernetes/holdfast-recover-ID/.etcd.yaml.edited');
  assert.equal(editedText, manifestText.replaceAll('/var/lib/etcd', '/srv/etcd'));
  assert.deepEqual(changedLines, [7, 9, 12]);
});

test('what is in a mount point changes places, the mount point does not', () => {
  const [planned] = planOf([host({ place: { isMountPoint: true } })]).hosts;
  assert.equal(planned!.stagedDataDir, '/var/lib/etcd/.holdfast-recover-ID');
  assert.deepEqual(planned!.swaps, [
    {
      live: '/var/lib/etcd/member',
      staged: '/var/lib/etcd/.holdfast-recover-ID/member',
      kept: '/var/lib/etcd/member.before-ID',
    },
  ]);
});

test('a log in a directory of its own changes places, too, when there is one', () => {
  for (const walDirExists of [true, false]) {
    const [planned] = planOf([host({ place: { walDir: '/log/wal', walDirExists } })]).hosts;
    assert.equal(planned!.stagedWalDir, '/log/wal.staged-ID');
    assert.deepEqual(planned!.swaps[1], {
      live: '/log/wal',
      staged: '/log/wal.staged-ID',
      kept: walDirExists ? '/log/wal.before-ID' : undefined,
    });
  }
});

test('a log below the data dir goes along with it, unless that is a mount point', () => {
  const below = { walDir: '/var/lib/etcd/..log/wal', walDirExists: true };
  const [along] = planOf([host({ place: below })]).hosts;
  assert.equal(along!.stagedWalDir, '/var/lib/etcd.staged-ID/..log/wal');
  assert.equal(along!.swaps.length, 1);
  const [mounted] = planOf([host({ place: { ...below, isMountPoint: true } })]).hosts;
  assert.deepEqual(mounted!.swaps[1], {
    live: '/var/lib/etcd/..log/wal',
    staged: '/var/lib/etcd/.holdfast-recover-ID/..log/wal',
    kept: '/var/lib/etcd/..log/wal.before-ID',
  });
});

test('several hosts make one cluster', () => {
  const { cluster, hosts } = planOf([host(), host({ host: 'cp2' })]);
  assert.equal(cluster.initialCluster, 'cp1=https://cp1:2380,cp2=https://cp2:2380');
  assert.deepEqual(
    hosts.map(({ member }) => member.name),
    ['cp1', 'cp2'],
  );
});

for (const [why, hosts, options] of [
  ['no static pod', [host({ etcd: { runsAs: 'systemd' } })], {}],
  ['no peer URL', [host({ etcd: { initialAdvertisePeerUrls: [] } })], {}],
  ['no data dir', [{ ...host(), dataDir: undefined }], {}],
  ['a log elsewhere, and a new data dir', [host({ place: { walDir: '/log' } })], { dataDir: '/srv/etcd' }],
] as const)
  test(`not for a host with ${why}`, () => {
    assert.throws(() => planOf(hosts, options), { code: 'RECOVERY_UNSUPPORTED' });
  });
