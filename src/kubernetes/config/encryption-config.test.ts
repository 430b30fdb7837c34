import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../../base/index.ts';
import { parseEncryptionConfig, readablePrefixes } from './index.ts';

const key32 = randomBytes(32);
const secret = key32.toString('base64');

const config = `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - secretbox:
      keys:
      - name: key2
        secret: ${secret}
  - aescbc: {keys: [{name: key1, secret: "${secret}"}]}
  - identity: {}
- resources: ['*.apps']
  providers:
  - kms: {apiVersion: v2, name: vault, endpoint: 'unix:///kms.sock', timeout: 1m0.5s}
- resources: ['*.*']
  providers:
  - aesgcm: {keys: [{name: g, secret: ${randomBytes(16).toString('base64')}}]}
`;

test('providers, key names and lines; the key only to whoever asks for it', () => {
  const { resources } = parseEncryptionConfig(config, 'enc.yaml');
  const [secretbox, aescbc] = resources[0]!.providers;
  assert.deepEqual(
    [secretbox!.kind, secretbox!.keys[0]!.name, secretbox!.keys[0]!.line],
    ['secretbox', 'key2', 8],
  );
  assert.deepEqual(secretbox!.keys[0]!.secret(), Uint8Array.from(key32));
  aescbc!.keys[0]!.secret().fill(0);
  assert.deepEqual(aescbc!.keys[0]!.secret(), Uint8Array.from(key32));
  assert.deepEqual(resources[1]!.providers[0]!.kms, {
    apiVersion: 'v2',
    name: 'vault',
    endpoint: 'unix:///kms.sock',
    timeoutMs: 60_500,
  });
  assert.ok(!JSON.stringify(resources).includes(secret.slice(0, 20)));
});

test('what stored values may begin with', () => {
  const read = parseEncryptionConfig(config, 'enc.yaml');
  const secrets = ['k8s:enc:secretbox:v1:key2:', 'k8s:enc:aescbc:v1:key1:', ''];
  assert.deepEqual(readablePrefixes(read, 'secrets'), secrets);
  assert.deepEqual(readablePrefixes(read, 'deployments.apps'), ['k8s:enc:kms:v2:vault:']);
  assert.deepEqual(readablePrefixes(read, 'configmaps'), ['k8s:enc:aesgcm:v1:g:']);
  assert.deepEqual(readablePrefixes(read), [...secrets, 'k8s:enc:kms:v2:vault:', 'k8s:enc:aesgcm:v1:g:']);
  const core = parseEncryptionConfig(
    `kind: EncryptionConfig\nresources: [{resources: ['*.'], providers: [{kms: {name: old, endpoint: /s}}]}]`,
    'f',
  );
  assert.deepEqual(readablePrefixes(core, 'pods'), ['k8s:enc:kms:v1:old:']);
  assert.deepEqual(readablePrefixes(core, 'jobs.batch'), ['']);
});

test('what cannot be used is one error with its line, and never quotes a key', () => {
  const bad: readonly (readonly [change: (text: string) => string, message: RegExp])[] = [
    [
      (text) => text.replace('EncryptionConfiguration', 'Pod'),
      /line 2: the file is of another kind than EncryptionConfiguration/,
    ],
    [(text) => text.replace(secret, `${secret}A`), /line 9: .* is not base64/],
    [
      (text) => text.replace(secret, secret.slice(4)),
      /line 9: a key of secretbox has 29 bytes instead of 32/,
    ],
    [(text) => text.replace('secretbox:', `${secret}:`), /line 6: a provider is of a kind that is not known/],
    [(text) => text.replace('identity: {}', 'identity: {}\n    kms: {}'), /line 11: a provider has 2 kinds/],
    [(text) => text.replace('name: key2', 'no: name'), /name is missing/],
    [(text) => text.replace('v2', 'v3'), /neither v1 nor v2/],
    [(text) => text.replace('1m0.5s', '5'), /the timeout of a kms provider is no duration above zero/],
    [(text) => text.replace('1m0.5s', '0s'), /the timeout of a kms provider is no duration above zero/],
  ];
  for (const [change, message] of bad) {
    const text = change(config);
    assert.notEqual(text, config);
    assert.throws(
      () => parseEncryptionConfig(text, 'enc.yaml'),
      (error) => hasCode(error, 'CONFIG_FILE_INVALID') && message.test(error.message),
      String(message),
    );
  }
  fc.assert(
    fc.property(
      fc.nat({ max: config.length }),
      fc.constantFrom('', '"', ': ', '\n', '[', '*', '\t', '&'),
      (at, put) => {
        try {
          parseEncryptionConfig(config.slice(0, at) + put + config.slice(at + 2), 'enc.yaml');
        } catch (error) {
          assert.ok(hasCode(error, 'CONFIG_FILE_INVALID'), String(error));
          for (let i = 0; i + 6 <= secret.length; i++) {
            assert.ok(!`${error.message} ${JSON.stringify(error.details)}`.includes(secret.slice(i, i + 6)));
          }
        }
      },
    ),
    { numRuns: 500 },
  );
});
