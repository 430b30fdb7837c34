import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '../../base/index.ts';
import { envelope, type Fields, stored } from '../../../test/support/stored-object.ts';
import { type DecodedObject, decodeObject, decodeObjectMetadata, type ObjectValue } from './decode-object.ts';
import { knownKinds } from './field-schema.ts';

function decoded(value: ObjectValue): DecodedObject {
  assert.ok(value.state === 'decoded', value.state);
  return value;
}

function decode(apiVersion: string, kind: string, fields: Fields): DecodedObject {
  return decoded(decodeObject(stored(apiVersion, kind, fields), { asStored: true }));
}

test('every kind of the table decodes from nothing', () => {
  const kinds = knownKinds();
  assert.ok(kinds.length > 140);
  for (const { apiVersion, kind } of kinds) {
    const found = decode(apiVersion, kind, []);
    assert.deepEqual([found.isKnownKind, found.unknownFieldCount], [true, 0]);
  }
});

test('of a kind that the table does not know the metadata is read and the rest kept', () => {
  const value = stored('route.openshift.io/v1', 'Route', [
    [
      1,
      [
        [1, 'web'],
        [3, 'shop'],
        [5, 'u-1'],
      ],
    ],
    [2, [[1, 'host']]],
  ]);
  const found = decoded(decodeObject(value, { modRevision: 42n }));
  assert.deepEqual(found.object, {
    apiVersion: 'route.openshift.io/v1',
    kind: 'Route',
    metadata: { name: 'web', namespace: 'shop', uid: 'u-1', resourceVersion: '42' },
  });
  assert.deepEqual(
    [found.isKnownKind, found.unknownFieldCount, found.unknownFields[0]?.number],
    [false, 1, 2],
  );
  assert.equal(decoded(decodeObjectMetadata(value)).isKnownKind, false);
});

test('text that is not UTF-8 is shown with U+FFFD and noted; a real U+FFFD is not', () => {
  const bad = decode('v1', 'ConfigMap', [
    [
      2,
      [
        [1, 'k'],
        [2, Uint8Array.of(0x61, 0xff)],
      ],
    ],
  ]);
  assert.deepEqual(bad.object['data'], { k: 'a\ufffd' });
  assert.deepEqual(
    bad.findings.map(({ code, where }) => [code, where?.['path']]),
    [['text-not-utf8', 'data.k']],
  );
  assert.deepEqual(
    decode('v1', 'ConfigMap', [
      [
        2,
        [
          [1, 'k'],
          [2, '\ufffd'],
        ],
      ],
    ]).findings,
    [],
  );
  const json = Buffer.concat([
    utf8('{"apiVersion":"a/v1","kind":"A","x":"'),
    Uint8Array.of(0xff),
    utf8('"}'),
  ]);
  assert.deepEqual(
    decoded(decodeObject(json)).findings.map(({ code }) => code),
    ['text-not-utf8'],
  );
});

test('what is no object says so', () => {
  const reasons = (value: Uint8Array) => {
    const found = decodeObject(value);
    return found.state === 'undecoded' ? `${found.reason}: ${found.finding.message}` : found.state;
  };
  assert.equal(reasons(utf8('0')), 'not-an-object: neither an API object nor an encrypted value');
  assert.equal(reasons(new Uint8Array(0)), 'not-an-object: neither an API object nor an encrypted value');
  assert.equal(reasons(utf8('{}')), 'not-an-object: JSON without apiVersion and kind');
  assert.equal(reasons(utf8('{"kind":')), 'damaged: the value is not valid JSON');
  assert.equal(reasons(utf8('k8s:enc:aescbc:v1:key1:xyz')), 'encrypted');
  assert.equal(reasons(Buffer.from('k8s\0\x12\x7f')), 'damaged: protobuf: a length past the end at byte 5');
  assert.equal(
    reasons(envelope('v1', 'Pod', new Uint8Array(0), [3, 'gzip'])),
    'damaged: the envelope holds something that is not protobuf',
  );
  assert.equal(reasons(Buffer.alloc((64 << 20) + 1)), `damaged: the value has ${(64 << 20) + 1} bytes`);
});
