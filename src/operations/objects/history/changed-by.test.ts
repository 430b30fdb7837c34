import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../formats/kubernetes-object/index.ts';
import { compareValues } from '../fields/index.ts';
import { changedBy } from './changed-by.ts';

const entry = (manager: string, time: string, spec: JsonObject, more: JsonObject = {}): JsonObject => ({
  manager,
  operation: 'Update',
  apiVersion: 'v1',
  time,
  fieldsV1: { 'f:spec': spec },
  ...more,
});

const object = (spec: JsonObject, ...managedFields: JsonObject[]): JsonObject => ({
  spec,
  metadata: { managedFields },
});

function names(before: JsonObject, after: JsonObject): string[] {
  const changes = compareValues({ spec: before['spec']! }, { spec: after['spec']! });
  return changedBy(before, after, changes).map(({ name, evidence }) => `${name} ${evidence}`);
}

test('who has a new entry, a new time or more fields made the change; who lost fields did not', () => {
  const a = entry('a', '1', { 'f:x': {}, 'f:y': {} });
  const before = object({ x: 1, y: 1 }, a);
  assert.deepEqual(names(before, object({ x: 2, y: 1 }, entry('a', '2', { 'f:x': {}, 'f:y': {} }))), [
    'a noted',
  ]);
  const taken = object({ x: 2, y: 1 }, entry('a', '1', { 'f:y': {} }), entry('b', '2', { 'f:x': {} }));
  assert.deepEqual(names(before, taken), ['b noted']);
  const more = object({ x: 1, y: 1, z: 1 }, entry('a', '1', { 'f:x': {}, 'f:y': {}, 'f:z': {} }));
  assert.deepEqual(names(before, more), ['a noted']);
  const status = entry('a', '1', {}, { subresource: 'status' });
  assert.deepEqual(changedBy(before, object({ x: 1, y: 1 }, a, status), []), [
    { name: 'a', operation: 'Update', subresource: 'status', time: '1', evidence: 'noted' },
  ]);
});

test('of two changes in one second the second is told from who owns what changed, in lists too', () => {
  const ports = { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:name': {} } };
  const managers = [
    entry('a', '1', { 'f:x': {}, 'f:tags': { 'v:"t"': {} } }),
    entry('b', '1', { 'f:ports': ports, 'f:whole': {} }),
  ];
  const state = (x: number, name: string, whole: number) =>
    object(
      { x, tags: ['t'], ports: [{ port: 80, protocol: 'TCP', name }], whole: { inner: whole } },
      ...managers,
    );
  assert.deepEqual(names(state(1, 'n', 1), state(2, 'n', 1)), ['a owner']);
  assert.deepEqual(names(state(1, 'n', 1), state(1, 'm', 1)), ['b owner']);
  assert.deepEqual(names(state(1, 'n', 1), state(1, 'n', 2)), ['b owner']);
  assert.deepEqual(names(object({ x: 1 }), object({ x: 2 })), []);
});

test('sets of fields that cannot be read own nothing', () => {
  const odd = entry('a', '1', { 'f:list': { 'k:{': {}, 'v:': {}, 'k:null': {} } });
  const state = (value: number) => object({ list: [{ value }] }, odd);
  assert.deepEqual(names(state(1), state(2)), []);
});
