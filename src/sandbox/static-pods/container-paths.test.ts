import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathMappings, replacePaths } from './container-paths.ts';
import { parsePodManifest } from './pod-manifest.ts';

const manifest = `apiVersion: v1
kind: Pod
metadata: {name: etcd, namespace: kube-system}
spec:
  containers:
  - name: etcd
    image: etcd:3
    command: [etcd, --data-dir=/data/db, --wal-dir, /wal]
    volumeMounts:
    - {mountPath: /certs, name: pki}
    - {mountPath: /certs/etcd/, name: etcd}
    - {mountPath: /sub, name: pki, subPath: inner}
  volumes:
  - {name: pki, hostPath: {path: /etc/pki}}
  - {name: etcd, hostPath: {path: /srv/etcd}}
`;

test('paths on mounts become paths under the root, the longest mount first; others stay', () => {
  const pod = parsePodManifest(manifest, 'etcd.yaml');
  const places = { root: '/box', podDirectory: '/pods/x', layer: '/layer' };
  const mappings = pathMappings(pod, pod.containers[0]!, places);
  const replaced = (text: string) => replacePaths(text, mappings);
  assert.equal(replaced('--cert=/certs/a.crt'), '--cert=/box/etc/pki/a.crt');
  assert.equal(replaced('--cert=/certs/etcd/a.crt'), '--cert=/box/srv/etcd/a.crt');
  assert.equal(replaced('/certs'), '/box/etc/pki');
  assert.equal(replaced('/certs-old/a'), '/certs-old/a');
  assert.equal(replaced('/sub/f'), '/box/etc/pki/inner/f');
  assert.equal(replaced('a=/certs/x,b=/sub/y'), 'a=/box/etc/pki/x,b=/box/etc/pki/inner/y');
  assert.equal(replaced('exec etcd --cert=/certs/a --x'), 'exec etcd --cert=/box/etc/pki/a --x');
  assert.equal(replaced('https://certs/etcd'), 'https://certs/etcd');
  assert.equal(replaced('--etcd-prefix=/registry'), '--etcd-prefix=/registry');
  // What etcd would write to is the container's own when it is on no mount.
  assert.equal(replaced('--data-dir=/data/db'), '--data-dir=/layer/data/db');
  assert.equal(replaced('/wal'), '/layer/wal');
});
