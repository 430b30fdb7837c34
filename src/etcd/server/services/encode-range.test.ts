import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { memorySource, operationContext, utf8 } from '../../../base/index.ts';
import { openDatabase } from '../../../formats/bbolt/index.ts';
import { MvccModel } from '../../../../test/support/mvcc-model.ts';
import { snapshotBytes } from '../../../../test/support/snapshot-file.ts';
import { PutRequestSchema, RangeRequestSchema, type RangeResponse, RangeResponseSchema } from '../../api.ts';
import { openStore } from '../store/index.ts';
import { EncodedMessage, MessageInPieces } from '../transport/index.ts';
import { encodePlainRange, isPlainRange } from './encode-range.ts';
import { createKvService } from './kv.ts';
import { responseHeaders } from './response-headers.ts';

test('records that are passed on say what decoded ones say', async () => {
  const model = new MvccModel();
  model.apply(['a', 'b', 'c'].map((key) => ({ key, value: key.repeat(200) })));
  // Larger than a piece, and as many as do not go into one.
  model.apply([{ key: 'd', value: 'd'.repeat(200 << 10) }]);
  model.apply(Array.from({ length: 30 }, (_, i) => ({ key: `e${i}`, value: 'e'.repeat(10_000 + i) })));
  model.apply([{ key: 'b', value: '' }]);
  const database = openDatabase(memorySource(snapshotBytes(model.store())));
  const store = await openStore({ database, writable: true }, operationContext());
  const headers = responseHeaders(store);
  const kv = createKvService({ store, header: headers.header });
  kv.put(create(PutRequestSchema, { key: utf8('bb'), value: utf8('written since') }));
  kv.put(create(PutRequestSchema, { key: utf8('e'), value: new Uint8Array(20_000) }));
  const all = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };
  const limited = [2n, 4n, 6n, 30n, 37n].map((limit) => ({ ...all, limit }));
  const requests = [all, ...limited, { ...all, revision: 2n }];
  for (const init of [...requests, { key: utf8('bb') }, { key: utf8('none') }]) {
    const request = create(RangeRequestSchema, init);
    assert.equal(isPlainRange(request), true);
    const encoded = bytesOf(encodePlainRange(request, store, headers));
    assert.deepEqual(fromBinary(RangeResponseSchema, encoded), fromKv(kv.range(request)));
  }
  assert.equal(isPlainRange(create(RangeRequestSchema, { ...all, keysOnly: true })), false);
});

function bytesOf(message: EncodedMessage | MessageInPieces): Uint8Array {
  if (message instanceof EncodedMessage) return message.bytes;
  const pieces: Uint8Array[] = [];
  for (let next = message.pieces.next(); next.done !== true; next = message.pieces.next())
    pieces.push(next.value);
  assert.ok(pieces.length > 1, 'what fits into one piece is made at once');
  assert.ok(pieces.every(({ length }) => length <= 210 << 10));
  const bytes = Uint8Array.from(Buffer.concat(pieces));
  assert.equal(bytes.length, message.sizeBytes);
  return bytes;
}

/** Through the encoder of the generated code. */
function fromKv(response: RangeResponse) {
  return fromBinary(RangeResponseSchema, toBinary(RangeResponseSchema, response));
}
