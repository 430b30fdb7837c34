/** Each check before a recovery, provoked for real: exit 4, or what the file deserves, and nothing is touched. */
import assert from 'node:assert/strict';
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { memorySource, utf8 } from '../../src/base/index.ts';
import { openDatabase } from '../../src/formats/bbolt/index.ts';
import { decodeKeyValue, encodeKeyValue } from '../../src/formats/mvcc/index.ts';
import { patchedBytes } from '../support/apply-patch.ts';
import { DatabaseEditor } from '../support/database-editor.ts';
import { issueCertificate, issueExpiredCertificate } from '../support/pki.ts';
import { withDigest } from '../support/snapshot-file.ts';
import { type NodeCopy, openStillNode, type StillNode } from './still-node.ts';

interface Refusal {
  readonly name: string;
  /** 4 by default. */
  readonly exitStatus?: number;
  /** What the message says. */
  readonly says: RegExp;
  /** The sound snapshot by default. */
  readonly snapshot?: (node: StillNode) => string | Promise<string>;
  readonly args?: readonly string[];
  /** Makes the host wrong. `false`: that cannot be done here, and the test was skipped. */
  readonly provoke?: (copy: NodeCopy, node: StillNode, t: TestContext) => Promise<unknown>;
}

const manifests = '/etc/kubernetes/manifests';
const etcdManifest = `${manifests}/etcd.yaml`;
const apiServerManifest = `${manifests}/kube-apiserver.yaml`;
const encryptionConfig = '/etc/kubernetes/encryption.yaml';
const pki = '/etc/kubernetes/pki';

const ofTheSnapshot: readonly Refusal[] = [
  {
    name: 'a snapshot with another digest',
    says: /the snapshot is not sound: .*(SHA-256|digest|hash)/i,
    snapshot: (node) => damagedSnapshot(node, 'digest', (bytes) => flipped(bytes, bytes.length - 1)),
  },
  {
    name: 'a snapshot with keys out of order',
    says: /the snapshot is not sound: .*not above the key before it/,
    snapshot: (node) =>
      damagedSnapshot(node, 'structure', (bytes) => withDigest(withWrongOrder(bytes.subarray(0, -32)))),
  },
  {
    name: 'a snapshot without a tree',
    says: /page \d+: it is a freelist where a branch or leaf is needed/,
    exitStatus: 3,
    snapshot: (node) =>
      damagedSnapshot(node, 'root', (bytes) => withDigest(withBrokenRoot(bytes.subarray(0, -32)))),
  },
  {
    name: 'a file that is no snapshot',
    says: /not an? .*database/,
    exitStatus: 3,
    snapshot: (node) => damagedSnapshot(node, 'text', () => Buffer.alloc(65_536, 'not a snapshot ')),
  },
  {
    name: 'a snapshot with a row that contradicts itself',
    says: /the snapshot is not sound: .*revision/,
    snapshot: (node) =>
      damagedSnapshot(node, 'records', (bytes) => withDigest(withWrongRow(bytes.subarray(0, -32)))),
  },
  {
    name: 'a snapshot of another cluster',
    says: /the snapshot is of another cluster \(kube-system has another uid\)/,
    snapshot: ({ snapshots }) => snapshots.otherCluster,
  },
  {
    name: 'a snapshot with a NOSPACE alarm',
    says: /a NOSPACE alarm is on in the snapshot.*--sanitize disarms it/,
    snapshot: ({ snapshots }) => snapshots.noSpaceAlarm,
  },
  {
    name: 'encrypted values without any key',
    says: /1 secrets of the snapshot need the key of aescbc:v1:key1/,
    snapshot: ({ snapshots }) => snapshots.encrypted,
  },
  {
    name: 'encrypted values with another key',
    says: /1 secrets of the snapshot need the key of aescbc:v1:key1/,
    snapshot: ({ snapshots }) => snapshots.encrypted,
    provoke: (copy) => encryptsWith(copy, keysNamed('key2')),
  },
  {
    name: 'encrypted values with keys that are not there',
    says: /the API server's keys cannot be looked at: .*encryption\.yaml/,
    snapshot: ({ snapshots }) => snapshots.encrypted,
    provoke: (copy) => encryptsWith(copy, undefined),
  },
  {
    name: 'encrypted values with a configuration that cannot be read',
    says: /the API server's keys cannot be looked at: .*encryption\.yaml/,
    snapshot: ({ snapshots }) => snapshots.encrypted,
    provoke: (copy) => encryptsWith(copy, 'kind: [\n'),
  },
];

const ofTheRevision: readonly Refusal[] = [
  {
    name: 'a bump that is too small',
    says: /with a bump of 1 the cluster starts at revision \d+, and \d+ has been seen already/,
    args: ['--bump-revision', '1'],
  },
];

const ofTheCluster: readonly Refusal[] = [
  {
    name: 'an etcd that is older than the snapshot',
    says: /etcd 3\.6\.0 does not start on a snapshot that etcd 3\.7\.0 wrote/,
    provoke: (copy) => copy.edit(etcdManifest, (text) => text.replace(/(etcd:)3\.7\.\d+/, '$13.6.0')),
  },
  {
    name: 'a member that no host stands for',
    says: /the cluster has members that no named host stands for: cp1 /,
    provoke: (copy) => peerUrl(copy, 'https://127.0.0.2:2380'),
  },
  {
    name: 'a peer URL that does not resolve',
    says: /the host no-such-host\.invalid of a peer URL does not resolve here/,
    args: ['--abandon-members'],
    provoke: (copy) => peerUrl(copy, 'https://no-such-host.invalid:2380'),
  },
  {
    name: 'a database over its quota',
    says: /over the quota of 4096 of etcd here/,
    provoke: (copy) => addFlag(copy, etcdManifest, '--quota-backend-bytes=4096'),
  },
  {
    name: 'a log in a directory of its own, and a new data dir',
    says: /its log is in a directory of its own/,
    args: ['--data-dir', '/var/lib/etcd-new'],
    provoke: (copy) => addFlag(copy, etcdManifest, '--wal-dir=/var/lib/etcd/log'),
  },
  {
    name: 'a manifest without peer URLs, which are then the defaults',
    says: /the cluster has members that no named host stands for: cp1 /,
    provoke: (copy) =>
      copy.edit(etcdManifest, (text) => text.replace(/\n.*--initial-advertise-peer-urls=.*/, '')),
  },
  {
    name: 'an etcd that is elsewhere',
    says: /etcd does not run as a static pod here \(found: external\)/,
    async provoke(copy) {
      await rm(copy.path(etcdManifest));
      await copy.edit(apiServerManifest, (text) =>
        text.replace(/--etcd-servers=\S+/, '--etcd-servers=https://192.0.2.1:2379'),
      );
    },
  },
];

const ofThePlaces: readonly Refusal[] = [
  {
    name: 'a second manifest of the API server',
    says: /kube-apiserver\.yaml\.bak is a second manifest of kube-apiserver that the kubelet also runs/,
    provoke: (copy) => copyFile(copy.path(apiServerManifest), copy.path(`${apiServerManifest}.bak`)),
  },
  {
    name: 'a second manifest of etcd',
    says: /etcd\.yaml\.save/,
    provoke: (copy) => copyFile(copy.path(etcdManifest), copy.path(`${etcdManifest}.save`)),
  },
  {
    name: 'a file in the manifests dir that is none',
    says: /notes\.txt is in the manifests dir and is no manifest that can be read/,
    provoke: (copy) => writeFile(copy.path(`${manifests}/notes.txt`), '- {\n'),
  },
  {
    name: 'a disk without room',
    says: /\d+ bytes are free at \/var\/lib\/etcd, \d+ are needed/,
    provoke: (copy, _, t) => copy.mount(t, '/var/lib', 32 << 20),
  },
  {
    name: 'a disk without room for a new data dir',
    says: /\d+ bytes are free at \/mnt\/small\/etcd, \d+ are needed/,
    args: ['--data-dir', '/mnt/small/etcd'],
    provoke: (copy, _, t) => copy.mount(t, '/mnt/small', 32 << 20),
  },
  {
    name: 'a disk without room for the log',
    says: /\d+ bytes are free at \/mnt\/log\/wal, \d+ are needed/,
    async provoke(copy, _, t) {
      await addFlag(copy, etcdManifest, '--wal-dir=/mnt/log/wal');
      await addMount(copy, '/mnt/log');
      return await copy.mount(t, '/mnt/log', 32 << 20);
    },
  },
  {
    name: 'a log dir that is a mount point',
    says: /\/mnt\/log is a mount point, which cannot be renamed/,
    async provoke(copy, _, t) {
      await addFlag(copy, etcdManifest, '--wal-dir=/mnt/log');
      await addMount(copy, '/mnt/log');
      return await copy.mount(t, '/mnt/log', 1 << 30);
    },
  },
  {
    name: 'a manifests dir that is a mount point',
    says: /the manifests dir is a file system of its own/,
    provoke: (copy, _, t) => copy.mount(t, manifests, 1 << 20, { keepFiles: true }),
  },
  {
    name: 'processes that cannot be seen',
    says: /the host's processes cannot be seen/,
    provoke: (copy) => rm(copy.path('/proc')),
  },
  {
    name: 'a new data dir that is there',
    says: /\/var\/lib\/kubelet exists already/,
    args: ['--data-dir', '/var/lib/kubelet'],
  },
];

const ofTheCertificates: readonly Refusal[] = [
  {
    name: 'a certificate that has expired',
    says: /\/etcd\/server\.crt \(.*\) expired at \d{4}-/,
    provoke: async (copy, { plane }) => {
      const authority = { ...plane.pki.authorities.etcd, directory: copy.path(`${pki}/etcd`) };
      await issueExpiredCertificate(authority, { name: 'server', hosts: ['127.0.0.1'] });
    },
  },
  {
    name: 'a certificate that is not valid yet',
    says: /\/apiserver-etcd-client\.crt \(.*\) is valid only from \d{4}-/,
    provoke: async (copy, { plane }) => {
      const authority = { ...plane.pki.authorities.etcd, directory: copy.path(pki) };
      const tomorrow = new Date(Date.now() + 24 * 3600_000);
      await issueCertificate(authority, { name: 'apiserver-etcd-client', notBefore: tomorrow });
    },
  },
  {
    name: 'a key of another certificate',
    says: /the key beside \S+\/etcd\/peer\.crt \(.*\) is of another certificate/,
    provoke: (copy) => copyFile(copy.path(`${pki}/etcd/server.key`), copy.path(`${pki}/etcd/peer.key`)),
  },
];

test('refusals', async (t) => {
  await using node = await openStillNode(t);
  if (node === undefined) return;
  await t.test('nothing speaks against this node', () => isAccepted(node));
  const all = [ofTheSnapshot, ofTheRevision, ofTheCluster, ofThePlaces, ofTheCertificates].flat();
  for (const refusal of all) await t.test(refusal.name, (inner) => isRefused(inner, node, refusal));
});

/** Else the refusals below would show nothing. */
async function isAccepted(node: StillNode): Promise<void> {
  await using copy = await node.copy();
  const run = await copy.refuses([node.snapshots.sound, '--plan']);
  assert.equal(run.exitCode, 0, `${run.stdout}\n${run.stderr}`);
  assert.doesNotMatch(run.stdout, /^ {2}fail/m);
  assert.match(run.stdout, /the cluster starts at revision \d+, above \d+ \(from the old data dir\)/);
}

async function isRefused(t: TestContext, node: StillNode, refusal: Refusal): Promise<void> {
  const { says, args = [], snapshot, provoke } = refusal;
  await using copy = await node.copy();
  if ((await provoke?.(copy, node, t)) === false) return;
  const path = snapshot === undefined ? node.snapshots.sound : await snapshot(node);
  const run = await copy.refuses([path, ...args]);
  const said = `${run.stdout}\n${run.stderr}`;
  assert.equal(run.exitCode, refusal.exitStatus ?? 4, said);
  assert.match(run.stderr, says);
  assert.match(run.stderr, /^Error: .+\nhint: .+\n$/m);
}

async function damagedSnapshot(
  { snapshots: { sound } }: StillNode,
  name: string,
  damage: (bytes: Uint8Array) => Uint8Array,
): Promise<string> {
  const path = join(dirname(sound), `damaged-${name}.db`);
  await writeFile(path, damage(await readFile(sound)));
  return path;
}

function flipped(bytes: Uint8Array, index: number): Uint8Array {
  const copy = bytes.slice();
  copy[index] = copy[index]! ^ 1;
  return copy;
}

/** The last key of the bucket `meta` is lower than those before it. */
function withWrongOrder(database: Uint8Array): Uint8Array {
  const bytes = Buffer.from(database);
  const neighbours = 'storageVersion3.7.0term';
  assert.ok(bytes.includes(neighbours));
  for (let at = bytes.indexOf(neighbours); at >= 0; at = bytes.indexOf(neighbours, at + 1))
    bytes.write('aaaa', at + neighbours.length - 4);
  return bytes;
}

/** The root page of the bucket of keys is called a page of free pages. */
function withBrokenRoot(database: Uint8Array): Uint8Array {
  const opened = openDatabase(memorySource(database));
  const root = opened.bucket('key')!.rootId!;
  return new DatabaseEditor(database, opened.meta.pageSize).header(root, { flags: 0x10 }).bytes;
}

/** The last row says that it was written later than its place tells. */
function withWrongRow(database: Uint8Array): Uint8Array {
  const rows = [...openDatabase(memorySource(database)).bucket('key')!.entries()];
  const { key, value } = rows.at(-1)!;
  const record = decodeKeyValue(value);
  const wrong = encodeKeyValue({ ...record, modRevision: record.modRevision + 7n });
  return patchedBytes(database, [{ bucket: utf8('key'), put: [{ key: key.slice(), value: wrong }] }]);
}

/** Makes the API server encrypt; undefined leaves the file of its keys out. */
async function encryptsWith(copy: NodeCopy, config: string | undefined): Promise<void> {
  await addFlag(copy, apiServerManifest, `--encryption-provider-config=${encryptionConfig}`);
  await addMount(copy, encryptionConfig, apiServerManifest);
  if (config !== undefined) await writeFile(copy.path(encryptionConfig), config);
}

function keysNamed(name: string): string {
  const secret = Buffer.alloc(32, 7).toString('base64');
  return `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - aescbc:
      keys:
      - name: ${name}
        secret: ${secret}
  - identity: {}
`;
}

async function addFlag(copy: NodeCopy, manifest: string, flag: string): Promise<void> {
  await copy.edit(manifest, (text) => text.replace(/\n( {4}- )--/, `\n$1${flag}\n$1--`));
}

/** The same path inside the container and on the host. */
async function addMount(copy: NodeCopy, path: string, manifest = etcdManifest): Promise<void> {
  const name = basename(path).replaceAll('.', '-');
  await copy.edit(manifest, (text) =>
    text
      .replace('    volumeMounts:\n', `    volumeMounts:\n    - mountPath: ${path}\n      name: ${name}\n`)
      .replace('  volumes:\n', `  volumes:\n  - hostPath:\n      path: ${path}\n    name: ${name}\n`),
  );
}

async function peerUrl(copy: NodeCopy, url: string): Promise<void> {
  await copy.edit(etcdManifest, (text) =>
    text.replace(/--initial-advertise-peer-urls=\S+/, `--initial-advertise-peer-urls=${url}`),
  );
}
