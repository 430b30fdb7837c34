import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { newDataDir, oddManifests, oldDataDir } from '../../../test/support/odd-manifests.ts';
import { hasCode } from '../../base/index.ts';
import { editDataDir } from './edit-data-dir.ts';

const kubeadm = `apiVersion: v1
kind: Pod
metadata:
  annotations:
    kubeadm.kubernetes.io/etcd.advertise-client-urls: https://10.0.0.4:2379
  labels:
    component: etcd
    tier: control-plane
  name: etcd
  namespace: kube-system
spec:
  containers:
  - command:
    - etcd
    - --advertise-client-urls=https://10.0.0.4:2379
    - --cert-file=/etc/kubernetes/pki/etcd/server.crt
    - --data-dir=/var/lib/etcd
    - --name=cp1
    image: registry.k8s.io/etcd:3.6.5-0
    name: etcd
    volumeMounts:
    - mountPath: /var/lib/etcd
      name: etcd-data
    - mountPath: /etc/kubernetes/pki/etcd
      name: etcd-certs
  hostNetwork: true
  volumes:
  - hostPath:
      path: /etc/kubernetes/pki/etcd
      type: DirectoryOrCreate
    name: etcd-certs
  - hostPath:
      path: /var/lib/etcd
      type: DirectoryOrCreate
    name: etcd-data
status: {}
`;

const edit = { path: 'etcd.yaml', from: oldDataDir, to: newDataDir };

test("kubeadm's manifest: three lines change", () => {
  const result = editDataDir(kubeadm, edit);
  assert.deepEqual(result.changes, [
    { line: 17, what: 'data-dir', from: oldDataDir, to: newDataDir },
    { line: 22, what: 'mount-path', from: oldDataDir, to: newDataDir },
    { line: 33, what: 'host-path', from: oldDataDir, to: newDataDir },
  ]);
  assert.equal(result.text, kubeadm.replaceAll(/\/var\/lib\/etcd$/gm, newDataDir));
  const back = editDataDir(result.text, { ...edit, from: newDataDir, to: oldDataDir });
  assert.equal(back.text, kubeadm);
});

test('whoever wrote the manifest, exactly the lines that say the data dir change', () => {
  fc.assert(
    fc.property(oddManifests, ({ text, edited, changedLines }) => {
      const result = editDataDir(text, edit);
      assert.equal(result.text, edited);
      assert.deepEqual(result.changedLines, changedLines);
      assert.equal(editDataDir(edited, { ...edit, from: newDataDir, to: oldDataDir }).text, text);
    }),
    { numRuns: 1000 },
  );
});

test('odd new paths are quoted where they must be', () => {
  for (const to of ['/mnt/a b', '/mnt/a #b', '/mnt/ä', '/mnt/a,b', '/mnt/{a}', '/mnt/a&b']) {
    const result = editDataDir(kubeadm, { ...edit, to });
    assert.deepEqual(result.changedLines, [17, 22, 33]);
    assert.equal(editDataDir(result.text, { ...edit, from: to }).changedLines.length, 3);
  }
});

test('JSON keeps its form', () => {
  for (const indent of [2, '\t', undefined]) {
    const text = JSON.stringify(
      {
        kind: 'Pod',
        metadata: { name: 'etcd' },
        spec: {
          containers: [
            {
              name: 'e',
              command: ['etcd', '--data-dir=/var/lib/etcd'],
              volumeMounts: [{ name: 'd', mountPath: '/var/lib/etcd' }],
            },
          ],
          volumes: [{ name: 'd', hostPath: { path: '/var/lib/etcd' } }],
        },
      },
      null,
      indent,
    );
    assert.equal(editDataDir(text, edit).text, text.replaceAll('/var/lib/etcd', newDataDir));
  }
});

test('where host and container differ only the volume changes', () => {
  const text = kubeadm.replace('      path: /var/lib/etcd', '      path: /mnt/disk1');
  const result = editDataDir(text, { ...edit, from: '/mnt/disk1', to: '/mnt/disk2' });
  assert.equal(result.text, text.replace('/mnt/disk1', '/mnt/disk2'));
  assert.deepEqual(result.changedLines, [33]);
  const same = editDataDir(kubeadm, { ...edit, containerTo: oldDataDir });
  assert.deepEqual(same.changedLines, [33]);
});

test('a data dir below its mount moves within the volume, or with it', () => {
  const text = kubeadm
    .replace('--data-dir=/var/lib/etcd', '--data-dir=/var/lib/etcd/data/')
    .replace('component: etcd', 'component: etcd # kept');
  const from = '/var/lib/etcd/data';
  const within = editDataDir(text, { ...edit, from, to: '/var/lib/etcd/restored' });
  assert.equal(within.text, text.replace('/etcd/data/', '/etcd/restored'));
  assert.deepEqual(within.changedLines, [17]);
  const withVolume = editDataDir(text, { ...edit, from, to: '/srv/etcd/data' });
  assert.deepEqual(
    withVolume.changes.map(({ what, to }) => [what, to]),
    [
      ['data-dir', '/srv/etcd/data'],
      ['mount-path', '/srv/etcd'],
      ['host-path', '/srv/etcd'],
    ],
  );
  assert.throws(
    () => editDataDir(text, { ...edit, from, to: '/srv/etcd' }),
    refused(/is data within its volume/),
  );
});

test('an alias of the data dir is replaced, its anchor kept where others use it', () => {
  const text = kubeadm
    .replace('mountPath: /var/lib/etcd', 'mountPath: *dir')
    .replace('--data-dir=/var/lib/etcd\n', '--data-dir\n    - &dir /var/lib/etcd\n');
  const result = editDataDir(text, edit);
  assert.equal(
    result.text,
    text
      .replace('*dir', newDataDir)
      .replace(/\/var\/lib\/etcd$/gm, newDataDir)
      .replace('path: /var/lib/etcd\n', `path: ${newDataDir}\n`),
  );
  const noted = text
    .replace('component: etcd', 'component: etcd\n    note: &note /var/lib/etcd')
    .replace('&dir /var/lib/etcd', '*note')
    .replace('*dir', '*note');
  assert.deepEqual(editDataDir(noted, edit).changedLines.length, 3);
  assert.match(editDataDir(noted, edit).text, /note: &note \/var\/lib\/etcd\n/);
});

const refusals: readonly (readonly [name: string, change: (text: string) => string, message: RegExp])[] = [
  [
    'another data dir than expected',
    (text) => text.replaceAll('/var/lib/etcd', '/data'),
    /is \/data, not \/var/,
  ],
  ['no etcd', (text) => text.replace('- etcd\n', '- sleep\n'), /no container of the manifest runs etcd/],
  ['no data dir', (text) => text.replace(/ +- --data-dir.*\n/, ''), /cp1\.etcd is not an absolute path/],
  [
    'a config file',
    (text) => text.replace('--name=cp1', '--config-file=/e.yaml'),
    /line 18: .* from \/e\.yaml/,
  ],
  [
    'a log of its own',
    (text) => text.replace('--name=cp1', '--wal-dir=/wal'),
    /--wal-dir keeps the log outside/,
  ],
  [
    'the data dir given twice',
    (text) => text.replace('--name=cp1', '--data-dir=/var/lib/etcd'),
    /more than once/,
  ],
  [
    'no hostPath',
    (text) => text.replace(/ {2}- hostPath:\n.*lib\/etcd\n.*\n/, '  - emptyDir: {}\n'),
    /not on a hostPath volume/,
  ],
  [
    'a variable',
    (text) => withEnv(text, 'DIR', '/var').replace('=/var/lib/etcd', '=$(DIR)/lib/etcd'),
    /not there exactly once/,
  ],
  [
    'a second place that says it',
    (text) => withEnv(text, 'ETCD_DATA_DIR'),
    /line 21: \/var\/lib\/etcd is used here/,
  ],
  [
    'a backup below it',
    (text) => text.replace('--name=cp1', '--backup=/var/lib/etcd/b'),
    /line 18: .* is used here/,
  ],
  [
    'a part of a volume',
    (text) => text.replace('name: etcd-data\n', 'name: etcd-data\n      subPath: x\n'),
    /is \/var\/lib\/etcd\/x, not/,
  ],
  [
    'a second container on the volume',
    (text) =>
      text.replace(
        '  hostNetwork',
        '  initContainers:\n  - volumeMounts: [{name: etcd-data, mountPath: /x}]\n  hostNetwork',
      ),
    /mounted a second time/,
  ],
  [
    'a mount that would be covered',
    (text) => text.replaceAll('/etc/kubernetes/pki/etcd', '/var/lib/etcd-20260101/pki'),
    /overlap with another mount/,
  ],
  [
    'an anchor that something else uses',
    (text) =>
      text
        .replace('path: /var/lib/etcd', 'path: &dir /var/lib/etcd')
        .replace('status: {}', 'status: {message: *dir}'),
    /status\.message would change as well/,
  ],
  [
    'a path over two lines',
    (text) => text.replace('path: /var/lib/etcd', 'path: "/var/\\\n        lib/etcd"'),
    /over several lines/,
  ],
];

for (const [name, change, message] of refusals) {
  test(`${name}: refused`, () => {
    const text = change(kubeadm);
    assert.notEqual(text, kubeadm);
    assert.throws(() => editDataDir(text, edit), refused(message));
  });
}

test('new paths that a manifest cannot hold are refused', () => {
  for (const to of [
    'relative',
    '',
    '/',
    '/a\nb',
    '/a:b',
    '/$(A)',
    '/a"b',
    ' /a',
    '/a ',
    oldDataDir,
    `${oldDataDir}/`,
  ]) {
    assert.throws(() => editDataDir(kubeadm, { ...edit, to }), refused(/etcd\.yaml/), to);
  }
});

test('of any damaged manifest the edit is refused, or changes only lines that name the data dir', () => {
  fc.assert(
    fc.property(
      oddManifests,
      fc.nat(),
      fc.nat({ max: 30 }),
      fc.constantFrom('', '*x', '&x ', ': ', '"', '\n', '- '),
      (odd, at, length, put) => {
        const start = at % odd.text.length;
        const text = odd.text.slice(0, start) + put + odd.text.slice(start + length);
        try {
          const result = editDataDir(text, edit);
          const lines = result.text.split('\n');
          const differing = text.split('\n').flatMap((line, i) => (line === lines[i] ? [] : [i + 1]));
          assert.deepEqual(differing, result.changedLines);
          assert.equal(lines.length, text.split('\n').length);
        } catch (error) {
          assert.ok(
            hasCode(error, 'MANIFEST_EDIT_REFUSED') || hasCode(error, 'CONFIG_FILE_INVALID'),
            String(error),
          );
        }
      },
    ),
    { numRuns: 1000 },
  );
});

function withEnv(text: string, name: string, value = oldDataDir): string {
  return text.replace('    image:', `    env:\n    - name: ${name}\n      value: ${value}\n    image:`);
}

function refused(message: RegExp) {
  return (error: unknown) => {
    assert.ok(hasCode(error, 'MANIFEST_EDIT_REFUSED'), String(error));
    assert.match(error.message, message);
    return true;
  };
}
