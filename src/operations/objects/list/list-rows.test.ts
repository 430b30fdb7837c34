import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLive } from '../../../../test/kubernetes-object/sample-objects.ts';
import { decodeObject, parseStorageKey } from '../../../formats/kubernetes-object/index.ts';
import { columnsOf } from '../columns/index.ts';
import { openObjectReader } from '../decode/index.ts';

test('cells are the same from the parts that a list reads as from whole objects', async () => {
  const reader = await openObjectReader();
  let masked = 0;
  for (const [key, { value, modRevision }] of await readLive('shop-3.6')) {
    const place = parseStorageKey(key);
    if (place?.kind === undefined) continue;
    const whole = decodeObject(value, { modRevision });
    if (whole.state !== 'decoded') continue;
    const columns = columnsOf({ group: place.group, kind: place.kind }, whole.apiVersion);
    const depth = columns.isMetadataOnly ? 'metadata' : (columns.reads ?? 'unmanaged');
    if (typeof depth === 'object') masked++;
    const read = await reader.read(value, { key: Buffer.from(key), modRevision, place }, { depth });
    assert.equal(read.state, 'decoded');
    for (const isWide of [false, true]) {
      const context = { nowMs: Date.UTC(2027, 0, 1), isWide };
      const found = columns.cells((read as { readonly object: typeof whole.object }).object, context);
      assert.deepEqual(found, columns.cells(whole.object, context), key);
    }
  }
  assert.ok(masked > 100, `${masked} objects read through a mask`);
});
