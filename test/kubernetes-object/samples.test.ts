import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decodeObject,
  decodeObjectMetadata,
  findStoragePrefixes,
  formatKubernetesJson,
  formatStorageKey,
  isEncryptedValue,
  type JsonObject,
  parseStorageKey,
} from '../../src/formats/kubernetes-object/index.ts';
import { kubernetesSamples } from '../support/kubernetes-samples.ts';
import { objectId, parseExact, readLive, readRows, readServed } from './sample-objects.ts';

/** Made up by the API server when it is asked, of no key. */
const computedResource = '/componentstatuses/';
/** The API server's own records, which no API serves. */
const unserved = ['masterleases', 'peerserverleases', 'ranges'];

for (const sample of kubernetesSamples) {
  test(`${sample}: every object is what the API server served, field for field`, async (t) => {
    const served = await readServed(sample);
    const live = await readLive(sample);
    const notServed = new Set<string>();
    let compared = 0;
    let encrypted = 0;
    for (const [key, { value, modRevision }] of live) {
      const place = parseStorageKey(key);
      if (place === undefined) {
        assert.equal(key, 'compact_rev_key');
        continue;
      }
      if (isEncryptedValue(value)) {
        encrypted++;
        served.delete(objectId(place));
        continue;
      }
      const decoded = decodeObject(value, { modRevision });
      assert.equal(decoded.state, 'decoded', key);
      const { isKnownKind, unknownFieldCount, findings } = decoded;
      assert.deepEqual([isKnownKind, unknownFieldCount, findings], [true, 0, []], key);
      const theirs = served.get(objectId(place));
      if (theirs === undefined) {
        notServed.add(place.path);
        continue;
      }
      assert.deepEqual(decoded.object, theirs, key);
      served.delete(objectId(place));
      compared++;
    }
    t.diagnostic(`${compared} objects compared, ${encrypted} encrypted`);
    assert.deepEqual([...notServed].toSorted(), unserved);
    assert.deepEqual(
      [...served.keys()].filter((id) => !id.startsWith(computedResource)),
      [],
    );
    assert.ok(compared > 2000);
    assert.equal(encrypted > 0, sample.startsWith('enc'));
  });

  test(`${sample}: keys and places are each other's reverse`, async () => {
    const live = await readLive(sample);
    assert.deepEqual(findStoragePrefixes(live.keys()), ['/registry']);
    for (const key of live.keys()) {
      const place = parseStorageKey(key);
      if (place === undefined) continue;
      assert.notEqual(place.origin, 'unknown', key);
      assert.equal(formatStorageKey(place), key);
    }
  });
}

test('every stored change decodes, and its metadata alone is the same metadata', async () => {
  for (const { key, value, modRevision } of await readRows('shop-3.6')) {
    if (parseStorageKey(key) === undefined || modRevision === 0n) continue;
    const whole = decodeObject(value, { modRevision });
    const brief = decodeObjectMetadata(value, { modRevision });
    assert.ok(whole.state === 'decoded' && brief.state === 'decoded');
    const metadata = { ...(whole.object['metadata'] as JsonObject) };
    delete metadata['managedFields'];
    assert.deepEqual(brief.object['metadata'], metadata);
    assert.deepEqual([brief.kind, brief.isKnownKind, brief.unknownFieldCount], [whole.kind, true, 0]);
  }
});

test('printed as kubectl does, every object is still the same', async () => {
  for (const object of (await readServed('shop-3.6')).values()) {
    assert.deepEqual(parseExact(formatKubernetesJson(object, '    ')), object);
    assert.deepEqual(parseExact(formatKubernetesJson(object)), object);
  }
});

test('without what the API server changes, a definition is as it is stored', async () => {
  const { value } = (await readLive('shop-3.6')).get(
    '/registry/apiextensions.k8s.io/customresourcedefinitions/invoices.billing.example.com',
  )!;
  const stored = decodeObject(value, { asStored: true });
  assert.ok(stored.state === 'decoded');
  assert.equal(stored.object['apiVersion'], 'apiextensions.k8s.io/v1beta1');
  const served = decodeObject(value);
  assert.ok(served.state === 'decoded');
  assert.equal(served.apiVersion, 'apiextensions.k8s.io/v1beta1');
  assert.equal(served.object['apiVersion'], 'apiextensions.k8s.io/v1');
});
