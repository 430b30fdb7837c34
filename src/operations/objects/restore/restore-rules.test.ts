import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../formats/kubernetes-object/index.ts';
import { changedFields, overLive } from './live-object.ts';
import { whyNotRestored } from './never-restored.ts';
import { prepareObject } from './prepare-object.ts';
import { ownersFirst, ownersOf, type RestoreItem } from './restore-item.ts';

const controlled = { ownerReferences: [{ kind: 'ReplicaSet', name: 'a', controller: true }] };
const ended = { status: { conditions: [{ type: 'Complete', status: 'True' }] } };

for (const [resource, object, reason] of [
  ['pods', { metadata: controlled }, 'its ReplicaSet makes pods'],
  ['pods', { metadata: { ownerReferences: [{ kind: 'Tenant', name: 'a' }] } }, undefined],
  [
    'pods',
    { metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } } },
    'the kubelet runs it from a file',
  ],
  ['jobs.batch', { metadata: {}, ...ended }, 'it had ended and would run again'],
  ['jobs.batch', { metadata: {} }, undefined],
  [
    'secrets',
    { metadata: {}, type: 'kubernetes.io/service-account-token' },
    'a token is good for the service account that it was made for only',
  ],
  ['secrets', { metadata: {}, type: 'Opaque' }, undefined],
  ['endpoints', { metadata: { name: 'by-hand' } }, undefined],
  ['configmaps', { metadata: { name: 'web', deletionTimestamp: 'now' } }, 'it was being deleted'],
  ['apiservices.apiregistration.k8s.io', { metadata: {}, spec: {} }, 'the API server makes it'],
  ['apiservices.apiregistration.k8s.io', { metadata: {}, spec: { service: { name: 'm' } } }, undefined],
  ['nodes', {}, 'the kubelet registers its node'],
  // A resource of somebody else's group may have any name.
  ['nodes.example.com', { metadata: {} }, undefined],
] as const) {
  test(`${resource} ${JSON.stringify(object)}: ${reason ?? 'restored'}`, () => {
    assert.equal(whyNotRestored(resource, object as unknown as JsonObject), reason);
  });
}

const move = new Map([['a', 'b']]);

test('moving a namespace moves what names it, and takes nothing from what stays', () => {
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'r', namespace: 'a' },
    subjects: [
      { kind: 'ServiceAccount', name: 's', namespace: 'a' },
      { kind: 'ServiceAccount', name: 's', namespace: 'other' },
      { kind: 'User', name: 'u' },
    ],
  };
  const { object } = prepareObject(binding, move);
  assert.deepEqual(object['metadata'], { name: 'r', namespace: 'b' });
  assert.deepEqual(object['subjects'], [
    { kind: 'ServiceAccount', name: 's', namespace: 'b' },
    { kind: 'ServiceAccount', name: 's', namespace: 'other' },
    { kind: 'User', name: 'u' },
  ]);
  const elsewhere = { ...binding, metadata: { name: 'r', namespace: 'c' } };
  assert.deepEqual(prepareObject(elsewhere, move), { object: elsewhere, notes: [] });
});

test('a service and a claim that move leave behind what others may have', () => {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's', namespace: 'a' },
    spec: { clusterIP: 'None', ports: [{ port: 80, nodePort: 30080 }] },
  };
  assert.deepEqual(prepareObject(service, move).object['spec'], { clusterIP: 'None', ports: [{ port: 80 }] });
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'c', namespace: 'a', annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
    spec: { volumeName: 'pv-1', accessModes: ['ReadWriteOnce'] },
  };
  const moved = prepareObject(claim, move);
  assert.deepEqual(moved.object, {
    ...claim,
    metadata: { name: 'c', namespace: 'b' },
    spec: { accessModes: ['ReadWriteOnce'] },
  });
  assert.equal(moved.notes.length, 1);
  assert.deepEqual(prepareObject(claim, new Map()).object['spec'], claim.spec);
});

test('what replaces an object keeps what belongs to the live one alone', () => {
  const live = {
    kind: 'Job',
    apiVersion: 'batch/v1',
    metadata: {
      uid: 'u',
      resourceVersion: '7',
      finalizers: ['hold'],
      labels: { 'job-name': 'j', added: 'x' },
      annotations: { 'deployment.kubernetes.io/revision': '3', added: 'y' },
    },
    spec: {
      selector: { matchLabels: { 'job-name': 'j' } },
      template: { metadata: { labels: { 'job-name': 'j' } } },
    },
    status: { active: 1 },
  };
  const wanted = {
    kind: 'Job',
    apiVersion: 'batch/v1',
    metadata: { name: 'j', finalizers: ['own'] },
    spec: { completions: 1, template: { metadata: { labels: { app: 'a' } } } },
  };
  assert.deepEqual(overLive(wanted, live), {
    kind: 'Job',
    apiVersion: 'batch/v1',
    metadata: {
      name: 'j',
      uid: 'u',
      resourceVersion: '7',
      finalizers: ['own', 'hold'],
      labels: { 'job-name': 'j' },
      annotations: { 'deployment.kubernetes.io/revision': '3' },
    },
    spec: {
      completions: 1,
      selector: { matchLabels: { 'job-name': 'j' } },
      template: { metadata: { labels: { app: 'a', 'job-name': 'j' } } },
    },
    status: { active: 1 },
  });
});

test("the server's notes of a write are no change", () => {
  const live = { metadata: { resourceVersion: '1', generation: 1, managedFields: [] }, spec: { a: 1 } };
  const same = { metadata: { resourceVersion: '2', generation: 2, managedFields: [{}] }, spec: { a: 1 } };
  assert.deepEqual(changedFields(live, same), []);
  assert.deepEqual(changedFields(live, { ...same, spec: { a: 2 } }), ['.spec.a']);
});

test('owners come before what they own, even in a circle', () => {
  const item = (name: string, ...owners: string[]): RestoreItem => ({
    resource: 'things.example.com',
    fromNamespace: 'n',
    namespace: 'n',
    name,
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    owners: ownersOf({
      metadata: {
        ownerReferences: owners.map((owner) => ({
          // Another version of the same kind.
          apiVersion: 'example.com/v2',
          kind: 'Thing',
          name: owner,
        })),
      },
    }),
    load: () => Promise.reject(new Error('not read')),
  });
  const names = (items: readonly RestoreItem[]) => ownersFirst(items).map(({ name }) => name);
  assert.deepEqual(names([item('a', 'c'), item('b'), item('c', 'd'), item('d')]), ['d', 'c', 'a', 'b']);
  assert.deepEqual(names([item('a', 'b'), item('b', 'a')]), ['b', 'a']);
});
