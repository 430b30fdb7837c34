import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyRank } from './apply-order.ts';
import { extractedFileName } from './file-name.ts';
import { stripObject } from './strip-object.ts';

const metadata = { name: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: 'now', generation: 2 };
const bare = { name: 'a' };

test('what the server sets is left out, what people wrote stays', () => {
  const object = {
    kind: 'Deployment',
    apiVersion: 'apps/v1',
    metadata: {
      ...metadata,
      ownerReferences: [{ uid: 'o' }],
      annotations: { 'deployment.kubernetes.io/revision': '3', mine: 'x' },
      finalizers: ['example.com/hold'],
    },
    spec: { replicas: 2 },
    status: { replicas: 2 },
  };
  const copy = structuredClone(object);
  assert.deepEqual(stripObject(object), {
    kind: 'Deployment',
    apiVersion: 'apps/v1',
    metadata: { ...bare, annotations: { mine: 'x' }, finalizers: ['example.com/hold'] },
    spec: { replicas: 2 },
  });
  assert.deepEqual(object, copy);
});

test('a service keeps the address that somebody asked for, and none that was given to it', () => {
  const service = (spec: object, fields: object = {}) => ({
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { ...metadata, managedFields: [{ fieldsV1: { 'f:spec': { 'f:ports': {}, ...fields } } }] },
    spec: { ports: [], ...spec },
  });
  const address = { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'] };
  assert.deepEqual(stripObject(service(address))['spec'], { ports: [] });
  assert.deepEqual(stripObject(service(address, { 'f:clusterIP': {} }))['spec'], { ports: [], ...address });
  const headless = { clusterIP: 'None', clusterIPs: ['None'] };
  assert.deepEqual(stripObject(service(headless))['spec'], { ports: [], ...headless });
});

test('a job loses the selector that was made from its identity, unless it brings its own', () => {
  const labels = { 'batch.kubernetes.io/controller-uid': 'u', 'job-name': 'a', app: 'x' };
  const job = (more: object) => ({
    kind: 'Job',
    metadata: { ...metadata, labels },
    spec: { selector: { matchLabels: {} }, template: { metadata: { labels }, spec: {} }, ...more },
  });
  assert.deepEqual(stripObject(job({})), {
    kind: 'Job',
    metadata: { ...bare, labels: { app: 'x' } },
    spec: { template: { metadata: { labels: { app: 'x' } }, spec: {} } },
  });
  const own = job({ manualSelector: true });
  assert.deepEqual(stripObject(own)['spec'], own.spec);
});

test('a volume is bound to its claim by name alone', () => {
  const volume = {
    kind: 'PersistentVolume',
    metadata,
    spec: { claimRef: { name: 'c', namespace: 'n', uid: 'u', resourceVersion: '1' } },
  };
  assert.deepEqual(stripObject(volume)['spec'], { claimRef: { name: 'c', namespace: 'n' } });
});

test('namespaces, definitions and configuration come first, webhooks last', () => {
  const ordered = [
    'validatingwebhookconfigurations.admissionregistration.k8s.io',
    'invoices.example.com',
    'deployments.apps',
    'configmaps',
    'customresourcedefinitions.apiextensions.k8s.io',
    'namespaces',
  ];
  const ranks = ordered.map(applyRank);
  assert.deepEqual(
    ranks,
    ranks.toSorted((a, b) => b - a),
  );
  assert.ok(Math.max(...ranks) < 100);
});

test('names of files hold what a name may hold, and nothing leaves the directory', () => {
  const place = { rank: 3, resource: 'roles', namespace: 'n', name: 'system:a_b\0..' };
  assert.equal(extractedFileName(place), '03_roles_n_system%3Aa%5Fb%00...yaml');
  assert.equal(extractedFileName({ ...place, namespace: undefined, name: '../x' }), '03_roles_..%2Fx.yaml');
  const long = extractedFileName({ ...place, name: 'x'.repeat(253) });
  assert.ok(long.length < 255);
  assert.notEqual(long, extractedFileName({ ...place, name: `${'x'.repeat(252)}y` }));
});
