import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { operationContext } from '../../../base/index.ts';
import { type EncryptionRules, findEncryptionKeys } from '../../../formats/kubernetes-object/index.ts';
import { type HostFixture, openHostFixture } from '../../../../test/support/host-fixture.ts';
import { findHostRules } from './find-host-rules.ts';

const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const configPath = '/etc/kubernetes/enc/enc.yaml';
const origin = `${manifest}:25`;

const config = `kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - kms: {apiVersion: v2, name: inside, endpoint: 'unix:///etc/kubernetes/enc/my kms.sock'}
  - kms: {apiVersion: v2, name: outside, endpoint: 'unix:///run/kms.sock'}
  - kms: {apiVersion: v2, name: abstract, endpoint: 'unix:///@kms'}
  - kms: {apiVersion: v2, name: network, endpoint: 'https://kms.example'}
`;

async function place(fixture: HostFixture, path: string, text: string): Promise<void> {
  const file = join(fixture.root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

async function changeManifest(fixture: HostFixture, from: string, to: string): Promise<void> {
  const text = await readFile(join(fixture.root, manifest), 'utf8');
  assert.ok(text.includes(from));
  await place(fixture, manifest, text.replace(from, to));
}

async function find(fixture: HostFixture): Promise<{ rules?: EncryptionRules; notes: string[] }> {
  const notes: string[] = [];
  const rules = await findHostRules(fixture.root, (note) => notes.push(note), operationContext());
  return rules === undefined ? { notes } : { rules, notes };
}

test('the configuration of the manifest, with sockets where the volumes of the pod have them', async () => {
  await using fixture = await openHostFixture('kubeadm-default');
  await changeManifest(fixture, 'path: /etc/kubernetes/enc\n', 'path: /srv/enc\n');
  await place(fixture, '/srv/enc/enc.yaml', config);
  const { rules, notes } = await find(fixture);
  assert.deepEqual(notes, [`Using the encryption configuration /srv/enc/enc.yaml (${origin}).`]);
  const keys = findEncryptionKeys(rules!, { group: '', resource: 'secrets' })!;
  assert.deepEqual(
    keys.map((key) => (key.provider === 'kms' ? [key.keyName, key.endpoint, key.timeoutMs] : [])),
    [
      ['inside', `unix://${fixture.root}/srv/enc/my%20kms.sock`, 3000],
      ['outside', 'unix:///run/kms.sock', 3000],
      ['abstract', 'unix:///@kms', 3000],
      ['network', 'https://kms.example', 3000],
    ],
  );
});

/** What a host has, and the note that it gives. */
const without: readonly (readonly [
  what: string,
  layout: string,
  change: (fixture: HostFixture) => Promise<unknown>,
  note: RegExp,
])[] = [
  ['no API server', 'none', () => Promise.resolve(), /no API server was found on this host/],
  [
    'an API server that names none',
    'kubeadm-default',
    (fixture) => changeManifest(fixture, '--encryption-provider-config=', '--nothing='),
    /API server of this host \(\S+kube-apiserver\.yaml\) names no encryption configuration\.$/,
  ],
  [
    'a configuration on no volume',
    'kubeadm-default',
    (fixture) => changeManifest(fixture, `=${configPath}`, '=/elsewhere/enc.yaml'),
    /\(\S+kube-apiserver\.yaml:25\) is on no volume of this host\.$/,
  ],
  [
    'no file there',
    'kubeadm-default',
    () => Promise.resolve(),
    /^The encryption configuration \S+enc\.yaml \(\S+:25\) does not exist\.$/,
  ],
  [
    'a file that cannot be read',
    'kubeadm-default',
    (fixture) => mkdir(join(fixture.root, configPath), { recursive: true }),
    /cannot be read: .*enc\.yaml/,
  ],
  [
    'a file that is none',
    'kubeadm-default',
    (fixture) => place(fixture, configPath, 'kind: Pod'),
    /cannot be read: .*enc\.yaml.* another kind/,
  ],
  [
    'two manifests that run etcd',
    'two-etcd-manifests',
    () => Promise.resolve(),
    /cannot be read: 2 manifests run etcd/,
  ],
];

for (const [what, layout, change, note] of without)
  test(`a host with ${what} is a note, not a failure`, async () => {
    await using fixture = await openHostFixture(layout);
    await change(fixture);
    const { rules, notes } = await find(fixture);
    assert.equal(rules, undefined);
    assert.equal(notes.length, 1);
    assert.match(notes[0]!, note);
  });
