import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processMark } from './inspect-host.ts';

test('a process is known by what its arguments are outside the container, too', () => {
  const manifest = [
    'apiVersion: v1',
    'kind: Pod',
    'metadata: {name: kube-apiserver}',
    'spec:',
    '  containers:',
    '  - name: kube-apiserver',
    '    command:',
    '    - kube-apiserver',
    '    - --secure-port=6443',
    '    - --advertise-address=$(POD_IP)',
    '    - --client-ca-file=/etc/kubernetes/pki/ca.crt',
    '    - --etcd-cafile',
    '    - /etc/kubernetes/pki/etcd/ca.crt',
    '    env:',
    '    - name: POD_IP',
    '      valueFrom: {fieldRef: {fieldPath: status.podIP}}',
  ].join('\n');
  assert.deepEqual(processMark(manifest, 'kube-apiserver.yaml', 'kube-apiserver'), {
    program: 'kube-apiserver',
    args: ['--secure-port=6443', '--etcd-cafile'],
  });
});
