import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../../base/index.ts';
import { containerPathToHost, findContainer, isManifestName, parseStaticPod } from './index.ts';
import { splitShellCommands } from './shell-commands.ts';

const manifest = `# the etcd of cp1
apiVersion: v1
kind: Pod
metadata: {name: anything, namespace: kube-system}
spec:
  hostNetwork: yes
  initContainers:
  - {name: prepare, command: [etcd, --never]}
  containers:
  - name: side
    image: registry.local:5000/metrics:1
    command: [metrics]
  - name: main
    image: registry.local:5000/x/y@sha256:0000
    command:
    - /usr/local/bin/etcd
    - --data-dir
    - &dir /var/lib/etcd/data
    args: ["--name=$(NODE)-$$(NODE)-$(UNKNOWN)", '--cert-file=/certs/a/server.crt']
    env:
    - {name: ZONE, value: z1}
    - {name: NODE, value: cp1-$(ZONE)}
    - name: IP
      valueFrom: {fieldRef: {fieldPath: status.podIP}}
    volumeMounts:
    - {name: data, mountPath: /var/lib/etcd/}
    - {name: certs, mountPath: /certs, readOnly: true}
    - {name: certs, mountPath: /certs/a, subPath: inner/dir}
    - {name: scratch, mountPath: /var/lib/etcd/tmp}
  volumes:
  - {name: data, hostPath: {path: /mnt/etcd, type: Directory}}
  - name: certs
    hostPath:
      path: /etc/pki//etcd/
  - {name: scratch, emptyDir: {}}
`;

test('a manifest is read with lines, variables and anchors', () => {
  const pod = parseStaticPod(manifest, 'm.yaml');
  assert.deepEqual([pod.name, pod.namespace, pod.hostNetwork], ['anything', 'kube-system', true]);
  const main = pod.containers[1]!;
  assert.deepEqual(main.argv, [
    { value: '/usr/local/bin/etcd', line: 16 },
    { value: '--data-dir', line: 17 },
    { value: '/var/lib/etcd/data', line: 18 },
    { value: '--name=cp1-z1-$(NODE)-$(UNKNOWN)', line: 19 },
    { value: '--cert-file=/certs/a/server.crt', line: 19 },
  ]);
  assert.deepEqual(main.env, { ZONE: { value: 'z1', line: 21 }, NODE: { value: 'cp1-z1', line: 22 } });
  assert.deepEqual(pod.volumes[1], {
    name: 'certs',
    line: 32,
    hostPath: { path: '/etc/pki//etcd/', line: 34 },
  });
  const json = JSON.stringify({
    kind: 'Pod',
    metadata: { name: 'a' },
    spec: { containers: [{ command: ['etcd'] }] },
  });
  assert.equal(findContainer(parseStaticPod(json, 'm.json'), 'etcd')!.argv.length, 1);
});

test('a path of a container is on the host where its longest mount says', () => {
  const pod = parseStaticPod(manifest, 'm.yaml');
  const main = pod.containers[1]!;
  const paths: Readonly<Record<string, string | undefined>> = {
    '/var/lib/etcd': '/mnt/etcd',
    '/var/lib/etcd/data/': '/mnt/etcd/data',
    '/var/lib/../lib/etcd/data': '/mnt/etcd/data',
    '/certs/server.crt': '/etc/pki/etcd/server.crt',
    '/certs/a/server.crt': '/etc/pki/etcd/inner/dir/server.crt',
    '/certs/ab/server.crt': '/etc/pki/etcd/ab/server.crt',
    '/var/lib/etcd/tmp/x': undefined,
    '/var/lib/etcdx': undefined,
    relative: undefined,
  };
  for (const [inside, host] of Object.entries(paths)) {
    assert.equal(containerPathToHost(pod, main, inside), host, inside);
  }
  assert.equal(containerPathToHost(pod, pod.containers[0]!, '/certs/x'), undefined);
});

const starts: readonly (readonly [
  container: object,
  foundBy: string | undefined,
  argv?: readonly string[],
])[] = [
  [{ command: ['etcd', '--a'] }, 'command', ['etcd', '--a']],
  [{ args: ['/bin/etcd', '--a'] }, 'command', ['/bin/etcd', '--a']],
  [{ command: ['tini', '--'], args: ['/bin/etcd', '--a'] }, 'wrapper', ['/bin/etcd', '--a']],
  [{ command: ['/go-runner', '--log-file=/l', 'etcd', '--a=b'] }, 'wrapper', ['etcd', '--a=b']],
  [
    {
      command: [
        '/bin/sh',
        '-c',
        "ulimit -n 65536; exec nice -n -19 /bin/etcd --name 'a b' --x=$(hostname) 1>>/l 2>&1",
      ],
    },
    'shell',
    ['/bin/etcd', '--name', 'a b', '--x=$(hostname)'],
  ],
  [
    {
      command: ['/bin/bash', '-ec'],
      args: ['set -x\n# etcd here\nif true; then\n  ETCD_X=1 etcd \\\n    --name="$NAME" > /l | tee\nfi\n'],
      env: [{ name: 'NAME', value: 'cp1' }],
    },
    'shell',
    ['etcd', '--name=cp1'],
  ],
  [{ image: 'registry:5000/etcd-amd64:3.5', args: ['--a'] }, 'image', ['etcd', '--a']],
  [{ image: 'quay.io/coreos/etcd@sha256:00' }, 'image', ['etcd']],
  [{ image: 'etcd:3.6', command: ['etcdctl', 'snapshot', 'save', 'etcd'] }, undefined],
  [{ image: 'etcd:3.6', args: ['etcdctl', 'snapshot'] }, undefined],
  [{ image: 'etcd-manager', command: ['/etcd-manager', '--etcd'] }, undefined],
  [{ command: ['/bin/sh', '-c', 'echo etcd; sleep 1'] }, undefined],
  [{ command: ['/bin/sh'] }, undefined],
  [{ name: 'etcd', command: ['sleep'] }, undefined],
];

for (const [container, foundBy, argv] of starts) {
  test(`etcd in ${JSON.stringify(container)}: ${foundBy ?? 'no'}`, () => {
    const text = JSON.stringify({
      kind: 'Pod',
      metadata: { name: 'a' },
      spec: { containers: [{ name: 'x' }, container] },
    });
    const found = findContainer(parseStaticPod(text, 'm'), 'etcd');
    assert.equal(found?.foundBy, foundBy);
    assert.deepEqual(
      found?.argv.map(({ value }) => value),
      argv,
    );
  });
}

test('any script ends in commands, quickly', () => {
  const piece = fc.constantFrom(
    'a',
    '"',
    "'",
    '\\',
    '\n',
    ' ',
    '$(',
    ')',
    '${',
    '}',
    '|',
    '>',
    '2>&1',
    ';',
    '&',
    '#',
    '$A',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
      const start = performance.now();
      for (const command of splitShellCommands(pieces.join(''), {})) assert.ok(command.length > 0);
      assert.ok(performance.now() - start < 20_000);
    }),
    { numRuns: 500 },
  );
  for (const bad of ['$(', '"', "'", '${', '\\']) splitShellCommands(bad.repeat(8000), {});
});

test('what is no Pod is one error with its line', () => {
  const bad: readonly (readonly [text: string, message: RegExp])[] = [
    ['kind: Deployment\n', /^m, line 1: the file is of another kind than Pod$/],
    ['a: b', /^m, line 1: the file is of another kind than Pod$/],
    ['kind: Pod\nspec: {}\n', /the Pod has no metadata/],
    ['kind: Pod\nmetadata: {}\nspec: {}\n', /line 2: name is missing/],
    ['kind: Pod\nmetadata: {name: a}\nspec:\n  containers: etcd\n', /^m, line 4: containers is not a list$/],
    [
      'kind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - command:\n    - [a]\n',
      /line 6: an entry of command is not a text/,
    ],
    [
      'kind: Pod\nmetadata: {name: a}\nspec: {hostNetwork: maybe}\n',
      /line 3: hostNetwork is neither true nor false/,
    ],
  ];
  for (const [text, message] of bad) {
    assert.throws(
      () => parseStaticPod(text, 'm'),
      (error) => hasCode(error, 'CONFIG_FILE_INVALID') && message.test(error.message),
      text,
    );
  }
});

test('the kubelet reads every name without a leading dot', () => {
  assert.deepEqual(['etcd.yaml', 'etcd.yaml.bak', 'x~', '.etcd.yaml.swp', ''].map(isManifestName), [
    true,
    true,
    true,
    false,
    false,
  ]);
});
