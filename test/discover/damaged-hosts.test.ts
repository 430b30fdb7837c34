/** What is broken on a host is told, and does not end the search. */
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { operationContext } from '../../src/base/index.ts';
import { discover, type DiscoverOptions } from '../../src/operations/discover/index.ts';
import { type HostFixture, openHostFixture } from '../support/host-fixture.ts';

const manifests = '/etc/kubernetes/manifests';

function look(fixture: HostFixture, options: DiscoverOptions = {}) {
  return discover({ root: fixture.root, offline: true, ...options }, operationContext());
}

test('a kubelet config that is gone or broken leaves the usual directory, as a guess', async () => {
  await using fixture = await openHostFixture('kubeadm-default');
  const config = join(fixture.root, 'var/lib/kubelet/config.yaml');
  await writeFile(config, 'kind: KubeletConfiguration\n\tstaticPodPath: [\n');
  const broken = await look(fixture);
  assert.equal(broken.etcd?.dataDir, '/var/lib/etcd');
  assert.equal(broken.evidence['manifestsDir']?.reliability, 'guess');
  assert.ok(broken.findings.some(({ code }) => code === 'kubelet-config-unreadable'));
  await rm(config);
  const gone = await look(fixture);
  assert.equal(gone.manifestsDir, manifests);
  assert.ok(gone.findings.some(({ code }) => code === 'kubelet-config-missing'));
});

test('a manifest that is no pod is told, and is no etcd', async () => {
  await using fixture = await openHostFixture('kubeadm-default');
  await writeFile(join(fixture.root, manifests, 'notes.txt'), 'etcd: [\n');
  const found = await look(fixture);
  assert.equal(found.etcd?.manifest, `${manifests}/etcd.yaml`);
  assert.equal(found.staticPods.find(({ file }) => file.endsWith('notes.txt'))?.role, 'unreadable');
  assert.ok(
    found.findings.some(({ code, message }) => code === 'manifest-unreadable' && /notes/.test(message)),
  );
});

test('a manifests dir that is given is taken', async () => {
  await using fixture = await openHostFixture('moved-static-pod-path');
  const found = await look(fixture, { manifestsDir: manifests });
  assert.equal(found.manifestsDir, manifests);
  assert.equal(found.etcd?.dataDir, undefined, '/var/lib/etcd-old is on no volume of that manifest');
  assert.equal(found.etcd?.containerDataDir, '/var/lib/etcd-old');
  assert.equal(found.evidence['manifestsDir']?.source, 'flag');
  assert.ok(found.findings.some(({ code }) => code === 'path-not-on-host'));
});

test('a process that runs with another data dir than the manifest says', async () => {
  await using fixture = await openHostFixture('kubeadm-default');
  const cmdline = join(fixture.root, 'proc/1403/cmdline');
  const argv = await readFile(cmdline, 'utf8');
  await writeFile(cmdline, argv.replace('--data-dir=/var/lib/etcd', '--data-dir=/var/lib/etcd-before'));
  const found = await look(fixture);
  assert.equal(found.etcd?.pid, undefined);
  assert.ok(found.findings.some(({ code }) => code === 'process-differs'));
});

test('no etcd is an answer when it is asked for', async () => {
  await using fixture = await openHostFixture('worker-node');
  const found = await look(fixture, { allowNone: true });
  assert.equal(found.layout, 'none');
  assert.equal(found.etcd, undefined);
  assert.equal(found.manifestsDir, manifests);
  assert.deepEqual(found.certificates, []);
});

test('several etcds without a file to tell them apart are none', async () => {
  await using fixture = await openHostFixture('plain-process');
  const other = join(fixture.root, 'proc/4712');
  await writeFile(join(other, 'cmdline'), 'etcd\0--data-dir\0/tmp/other\0');
  await assert.rejects(look(fixture), { code: 'ETCD_NOT_FOUND', message: /2 processes are etcd/ });
  await writeFile(join(other, 'cgroup'), '0::/system.slice/docker-3f1c.scope\n');
  assert.equal((await look(fixture)).etcd?.pid, 4711, 'one in a container of its own does not count');
});

test('an interruption ends it', async () => {
  await using fixture = await openHostFixture('kubeadm-default');
  const signal = AbortSignal.abort();
  await assert.rejects(discover({ root: fixture.root }, operationContext({ signal })), {
    code: 'INTERRUPTED',
  });
});
