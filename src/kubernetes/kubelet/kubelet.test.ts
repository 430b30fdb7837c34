import assert from 'node:assert/strict';
import test from 'node:test';
import { hasCode } from '../../base/index.ts';
import { mergeKubeletConfigs, orderDropIns, parseKubeletFlags } from './index.ts';

const head = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n';

test('the flags that say where things are', () => {
  const flags = parseKubeletFlags([
    '/usr/bin/kubelet',
    '--config=/var/lib/kubelet/config.yaml',
    '--config-dir',
    '/etc/kubelet.d',
    '--pod-manifest-path=',
    '--fail-swap-on=false',
  ]);
  assert.equal(flags.configFile!.value, '/var/lib/kubelet/config.yaml');
  assert.equal(flags.configDir!.value, '/etc/kubelet.d');
  assert.equal(flags.podManifestPath, undefined);
  assert.equal(parseKubeletFlags(['kubelet', '--pod_manifest_path', '/m']).podManifestPath!.value, '/m');
});

test('the static pod path with its line', () => {
  const path = '/var/lib/kubelet/config.yaml';
  const read = (text: string) => mergeKubeletConfigs([{ text, path }]);
  const config = read(`${head}# here\nstaticPodPath: /etc/kubernetes/manifests # yes\n`);
  assert.deepEqual(config, { staticPodPath: { value: '/etc/kubernetes/manifests', line: 4, file: path } });
  assert.deepEqual(read(`${head}staticPodPath: ""\n`), {});
  assert.equal(read(`${head}staticPodPath: ../m`).staticPodPath!.value, '/var/lib/m');
  const json = '{"kind": "KubeletConfiguration", "staticPodPath": "/m"}';
  assert.equal(read(json).staticPodPath!.value, '/m');
});

test('drop-ins win in their order, and a null takes away', () => {
  const base = { text: `${head}staticPodPath: /a\nclusterDomain: x`, path: '/etc/k/config.yaml' };
  const first = { text: `${head}staticPodPath: /b`, path: '/etc/k/d/10.conf' };
  const second = { text: `${head}\nstaticPodPath: c`, path: '/etc/k/d/20.conf' };
  const none = { text: `${head}staticPodPath: null`, path: '/etc/k/d/30.conf' };
  const file = second.path;
  assert.deepEqual(mergeKubeletConfigs([base, first, second]).staticPodPath, {
    value: '/etc/k/d/c',
    line: 4,
    file,
  });
  assert.equal(mergeKubeletConfigs([base, second, first]).staticPodPath!.value, '/b');
  const merged = mergeKubeletConfigs([base, first, none]);
  assert.deepEqual([merged.staticPodPath, merged.clusterDomain!.value], [undefined, 'x']);
});

test('the kubelet walks its drop-ins name by name and reads .conf only', () => {
  assert.deepEqual(
    orderDropIns(['b.conf', 'a.conf.bak', '10-z.conf', '9.conf', 'a/z.conf', 'a.conf', 'a/b.yaml', 'B.conf']),
    ['10-z.conf', '9.conf', 'B.conf', 'a/z.conf', 'a.conf', 'b.conf'],
  );
});

test('a bad file is one error with its line', () => {
  const bad: readonly (readonly [text: string, message: RegExp])[] = [
    ['kind: Pod\n', /^f, line 1: the file is of another kind than KubeletConfiguration$/],
    [`${head}staticPodPath: [a]\n`, /^f, line 3: staticPodPath is not a text$/],
    [`${head}staticPodPath: {\n`, /^f, line \d: not valid YAML/],
    ['text', /^f, line 1: the file is no mapping$/],
  ];
  for (const [text, message] of bad) {
    assert.throws(
      () =>
        mergeKubeletConfigs([
          { text: `${head}staticPodPath: /a`, path: 'e' },
          { text, path: 'f' },
        ]),
      (error) => hasCode(error, 'CONFIG_FILE_INVALID') && message.test(error.message),
      text,
    );
  }
});
