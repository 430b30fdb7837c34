import assert from 'node:assert/strict';
import test from 'node:test';
import { hasCode } from '../../base/index.ts';
import { parseKubeconfig } from './index.ts';

const b64 = (text: string) => Buffer.from(text).toString('base64');
const bytes = (text: string) => Uint8Array.from(Buffer.from(text));

const kubeconfig = `apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority-data: ${b64('the CA')}
    certificate-authority: ignored.crt
    server: https://10.0.0.1:6443
  name: kubernetes
- {name: other, cluster: {server: 'https://x', certificate-authority: ../ca.crt, tls-server-name: y, insecure-skip-tls-verify: true, proxy-url: 'http://p'}}
contexts:
- context: {cluster: kubernetes, user: kubernetes-admin}
  name: admin@kubernetes
- {name: token, context: {cluster: other, user: robot}}
- {name: plugin, context: {cluster: other, user: plugin}}
- {name: nobody, context: {cluster: kubernetes}}
current-context: admin@kubernetes
users:
- name: kubernetes-admin
  user:
    client-certificate-data: ${b64('the certificate')}
    client-key: /pki/client.key
- {name: robot, user: {token: s3cret, tokenFile: token}}
- {name: plugin, user: {exec: {command: aws}}}
`;

test('the current context, and another by name', () => {
  assert.deepEqual(parseKubeconfig(kubeconfig, '/etc/kubernetes/admin.conf'), {
    context: 'admin@kubernetes',
    server: 'https://10.0.0.1:6443',
    insecureSkipTlsVerify: false,
    caData: bytes('the CA'),
    certData: bytes('the certificate'),
    keyFile: '/pki/client.key',
    unsupported: [],
  });
  assert.deepEqual(parseKubeconfig(kubeconfig, '/home/u/.kube/config', 'token'), {
    context: 'token',
    server: 'https://x',
    tlsServerName: 'y',
    insecureSkipTlsVerify: true,
    caFile: '/home/u/ca.crt',
    token: 's3cret',
    tokenFile: '/home/u/.kube/token',
    unsupported: ['proxy-url'],
  });
  assert.deepEqual(parseKubeconfig(kubeconfig, '/c', 'plugin').unsupported, ['proxy-url', 'exec']);
  assert.equal(parseKubeconfig(kubeconfig, '/c', 'nobody').certData, undefined);
});

test('what cannot be used is one error with its line, and never quotes a secret', () => {
  const bad: readonly (readonly [change: (text: string) => string, message: RegExp])[] = [
    [
      (text) => text.replace('current-context', 'previous-context'),
      /^\/c, line 1: current-context is missing$/,
    ],
    [
      (text) => text.replace('name: kubernetes\n', 'name: k\n'),
      /line 11: the cluster kubernetes is not in clusters/,
    ],
    [
      (text) => text.replace('name: kubernetes-admin', 'name: k'),
      /line 11: the user kubernetes-admin is not in users/,
    ],
    [
      (text) => text.replace(b64('the CA'), `${b64('the CA')}!`),
      /line 5: certificate-authority-data is not base64/,
    ],
    [(text) => text.replace('    server: https://10.0.0.1:6443\n', ''), /server is missing/],
    [() => '[]', /is no mapping/],
  ];
  for (const [change, message] of bad) {
    assert.throws(
      () => parseKubeconfig(change(kubeconfig), '/c'),
      (error) => hasCode(error, 'CONFIG_FILE_INVALID') && message.test(error.message),
      String(message),
    );
  }
});
