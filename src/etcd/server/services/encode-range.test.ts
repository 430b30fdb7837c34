import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { memorySource, operationContext, utf8 } from '../../../base/index.ts';
import { openDatabase } from '../../../formats/bbolt/index.ts';
import { MvccModel } from '../../../../test/support/mvcc-model.ts';
import { snapshotBytes } from '../../../../test/support/snapshot-file.ts';
import { PutRequestSchema, RangeRequestSchema, type RangeResponse, RangeResponseSchema } from '../../api.ts';
import { openStore } from '../store/index.ts';
import { encodePlainRange, isPlainRange } from './encode-range.ts';
import { createKvService } from './kv.ts';
import { responseHeaders } from './response-headers.ts';

test('records that are passed on say what decoded ones say', async () => {
  const model = new MvccModel();
  model.apply(['a', 'b', 'c'].map((key) => ({ key, value: key.repeat(200) })));
  model.apply([{ key: 'b', value: '' }]);
  const database = openDatabase(memorySource(snapshotBytes(model.store())));
  const store = await openStore({ database, writable: true }, operationContext());
  const headers = responseHeaders(store);
  const kv = createKvService({ store, header: headers.header });
  kv.put(create(PutRequestSchema, { key: utf8('bb'), value: utf8('written since') }));
  const all = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };
  const requests = [all, { ...all, limit: 2n }, { ...all, limit: 4n }, { ...all, revision: 2n }];
  for (const init of [...requests, { key: utf8('bb') }, { key: utf8('none') }]) {
    const request = create(RangeRequestSchema, init);
    assert.equal(isPlainRange(request), true);
    const encoded = fromBinary(RangeResponseSchema, encodePlainRange(request, store, headers));
    assert.deepEqual(encoded, fromKv(kv.range(request)));
  }
  assert.equal(isPlainRange(create(RangeRequestSchema, { ...all, keysOnly: true })), false);
});

/** Through the encoder of the generated code. */
function fromKv(response: RangeResponse) {
  return fromBinary(RangeResponseSchema, toBinary(RangeResponseSchema, response));
}
