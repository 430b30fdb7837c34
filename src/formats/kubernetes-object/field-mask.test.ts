import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLive } from '../../../test/kubernetes-object/sample-objects.ts';
import { envelope, message, stored } from '../../../test/support/stored-object.ts';
import { decodeObject, decodeObjectParts, type FieldMask, type JsonObject } from './index.ts';

function decoded(found: ReturnType<typeof decodeObject>): JsonObject {
  assert.equal(found.state, 'decoded');
  return (found as { readonly object: JsonObject }).object;
}

test('without managed fields every object of a real cluster is else the same', async () => {
  let count = 0;
  for (const [key, { value, modRevision }] of await readLive('shop-3.6')) {
    const whole = decodeObject(value, { modRevision });
    const parts = decodeObjectParts(value, true, { modRevision });
    assert.equal(parts.state, whole.state, key);
    if (whole.state !== 'decoded' || parts.state !== 'decoded') continue;
    count++;
    if (whole.encoding === 'protobuf') delete (whole.object['metadata'] as JsonObject)['managedFields'];
    assert.deepEqual(parts.object, whole.object, key);
    assert.equal(parts.unknownFieldCount, whole.unknownFieldCount, key);
  }
  assert.ok(count > 1500, `${count} objects`);
});

const mask: FieldMask = {
  metadata: { name: true },
  spec: { containers: { name: true }, nodeName: true },
  status: { phase: true, containerStatuses: { ready: true } },
};

test('of a pod only what a mask names, and its numbers and switches', async () => {
  let pods = 0;
  for (const [key, { value }] of await readLive('shop-3.6')) {
    if (!key.startsWith('/registry/pods/')) continue;
    pods++;
    const whole = decoded(decodeObject(value));
    const parts = decoded(decodeObjectParts(value, mask));
    assert.deepEqual(chosen(parts), chosen(whole), key);
    assert.ok((whole['spec'] as JsonObject)['volumes'], key);
    assert.equal((parts['spec'] as JsonObject)['volumes'], undefined, key);
  }
  assert.ok(pods > 100, `${pods} pods`);
});

/** What the mask names, without what stays in any case. */
function chosen(pod: JsonObject): unknown {
  const { metadata, spec, status } = pod as Record<string, Record<string, JsonObject[]>>;
  const names = (list: JsonObject[] | undefined, name: string) => list?.map((one) => one[name]);
  return {
    name: metadata!['name'],
    containers: names(spec!['containers'], 'name'),
    nodeName: spec!['nodeName'],
    phase: status!['phase'],
    ready: names(status!['containerStatuses'], 'ready'),
  };
}

test('what is passed over has its length checked, and is not looked into', () => {
  const inside = stored('v1', 'Pod', [
    [1, [[1, 'web']]],
    // A spec with a volume whose name goes past its end.
    [2, [[1, Uint8Array.of(0x0a, 0x09, 0x61)]]],
  ]);
  assert.equal(decodeObject(inside).state, 'undecoded');
  assert.deepEqual(decoded(decodeObjectParts(inside, mask))['spec'], { containers: null });
  const raw = message([[1, [[1, 'web']]]]).finish();
  const past = envelope('v1', 'Pod', Buffer.concat([raw, Uint8Array.of(0x1a, 0x09, 0x61)]));
  assert.equal(decodeObjectParts(past, mask).state, 'undecoded');
});
