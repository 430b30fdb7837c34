import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runToEnd } from '../../../base/index.ts';
import { memoryStore } from '../../../../test/support/memory-store.ts';
import { MvccModel } from '../../../../test/support/mvcc-model.ts';
import { clusterFactsSteps } from './cluster-facts.ts';

const namespace = (uid: string) => JSON.stringify({ kind: 'Namespace', apiVersion: 'v1', metadata: { uid } });

function factsOf(...transactions: [key: string, value: string | undefined][]) {
  const model = new MvccModel();
  for (const [key, value] of transactions) model.apply([{ key, value }]);
  return runToEnd(clusterFactsSteps(memoryStore(model.store()), '/registry')).facts;
}

test('the newest kube-system counts, while it is there', () => {
  const key = '/registry/namespaces/kube-system';
  assert.equal(factsOf([key, namespace('a')], [key, namespace('b')]).kubeSystemUid, 'b');
  assert.equal(factsOf([key, namespace('a')], [key, undefined]).kubeSystemUid, undefined);
  assert.equal(factsOf([`${key}-2`, namespace('a')]).kubeSystemUid, undefined);
  assert.equal(factsOf([key, 'k8s:enc:aescbc:v1:key1:…']).kubeSystemUid, undefined);
});

test('nodes that exist, in order', () => {
  const { nodeNames, keyCount } = factsOf(
    ['/registry/minions/w2', '{}'],
    ['/registry/minions/w1', '{}'],
    ['/registry/minions/w3', '{}'],
    ['/registry/minions/w3', undefined],
    ['/registry/pods/minions/w4', '{}'],
  );
  assert.deepEqual(nodeNames, ['w1', 'w2']);
  assert.equal(keyCount, 3);
});

test('encrypted values by what they need, as they are now', () => {
  const { encrypted } = factsOf(
    ['/registry/secrets/a/one', 'k8s:enc:aescbc:v1:old:…'],
    ['/registry/secrets/a/one', 'k8s:enc:aescbc:v1:new:…'],
    ['/registry/secrets/a/two', 'k8s:enc:aescbc:v1:new:…'],
    ['/registry/secrets/a/three', 'k8s:enc:aescbc:v1:old:…'],
    ['/registry/secrets/a/three', 'plain again'],
    ['/registry/secrets/a/four', 'k8s:enc:aescbc:v1:old:…'],
    ['/registry/secrets/a/four', undefined],
    ['/registry/deployments/a/five', 'k8s:enc:secretbox:v1:new:…'],
  );
  assert.deepEqual(encrypted, [
    { prefix: 'k8s:enc:aescbc:v1:new:', resource: 'secrets', count: 2 },
    { prefix: 'k8s:enc:secretbox:v1:new:', resource: 'deployments.apps', count: 1 },
  ]);
});

test('each key with the revision of its newest row', () => {
  const model = new MvccModel();
  for (const [key, value] of [
    ['a', '1'],
    ['b', '1'],
    ['a', '2'],
    ['b', undefined],
    ['c', '1'],
  ] as const)
    model.apply([{ key, value }]);
  const { noted } = runToEnd(clusterFactsSteps(memoryStore(model.store()), '/registry'));
  const revisionOf = (key: string) => noted.revisions.get(noted.keys.find(Buffer.from(key)));
  assert.deepEqual(['a', 'b', 'c'].map(revisionOf), [4n, 0n, 6n]);
  assert.equal(noted.keys.find(Buffer.from('d')), -1);
});
