import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concealSecrets } from './conceal.ts';
import { isNoisyResource, withoutNoise } from './noise.ts';

const metadata = { name: 'a', resourceVersion: '7', managedFields: [{ manager: 'm' }] };
const all = { ignoreNoise: true, ignoreStatus: true };

test('what changes by itself is left out, and the object stays as it was', () => {
  const pod = { kind: 'Pod', metadata, spec: { nodeName: 'x' } };
  const copy = structuredClone(pod);
  assert.deepEqual(withoutNoise(pod, all), { kind: 'Pod', metadata: { name: 'a' }, spec: { nodeName: 'x' } });
  assert.deepEqual(pod, copy);
  assert.equal(withoutNoise(pod, { ignoreNoise: false, ignoreStatus: false }), pod);
});

test('the status is left out on demand; heartbeats of a node always', () => {
  const node = {
    kind: 'Node',
    status: { phase: 'x', conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: 'now' }] },
  };
  assert.deepEqual(withoutNoise(node, all), { kind: 'Node' });
  assert.deepEqual(withoutNoise(node, { ignoreNoise: true, ignoreStatus: false }), {
    kind: 'Node',
    status: { phase: 'x', conditions: [{ type: 'Ready', status: 'True' }] },
  });
});

test('leases and events of both groups are noise, a custom resource of that name is not', () => {
  assert.ok(isNoisyResource({ group: '', resource: 'events' }));
  assert.ok(isNoisyResource({ group: 'events.k8s.io', resource: 'events' }));
  assert.ok(isNoisyResource({ group: 'coordination.k8s.io', resource: 'leases' }));
  assert.ok(!isNoisyResource({ group: 'example.com', resource: 'events' }));
});

test('of a secret one sees which texts changed, and none of them', () => {
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': 'aGlkZGVu' };
  const before = {
    metadata: { annotations },
    data: { same: 'aGlkZGVu', other: 'aGlkZGVuMQ==', gone: 'aGlkZGVu' },
  };
  const after = {
    metadata: { annotations },
    data: { same: 'aGlkZGVu', other: 'aGlkZGVuMg==', toString: 'aGlkZGVu' },
  };
  const covered = concealSecrets(before, after);
  assert.deepEqual(covered.before?.['data'], { same: '***', other: '*** (before)', gone: '***' });
  assert.deepEqual(covered.after?.['data'], { same: '***', other: '*** (after)', toString: '***' });
  assert.doesNotMatch(JSON.stringify(covered), /aGlkZGVu/);
  assert.doesNotMatch(JSON.stringify(concealSecrets(undefined, after)), /aGlkZGVu/);
});
