import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { memorySource, operationContext, utf8 } from '../../../base/index.ts';
import { openDatabase } from '../../../formats/bbolt/index.ts';
import { MvccModel } from '../../../../test/support/mvcc-model.ts';
import { snapshotBytes } from '../../../../test/support/snapshot-file.ts';
import { PutRequestSchema, RangeRequestSchema, ResponseHeaderSchema, TxnRequestSchema } from '../../api.ts';
import { openStore } from '../store/index.ts';
import { createKvService } from './kv.ts';
import { RpcError } from './rpc-error.ts';

async function openKv() {
  const model = new MvccModel();
  model.apply([{ key: 'b', value: 'b2' }]);
  const database = openDatabase(memorySource(snapshotBytes(model.store())));
  const store = await openStore({ database, writable: true }, operationContext());
  return createKvService({ store, header: (revision) => create(ResponseHeaderSchema, { revision }) });
}

/** The real etcd ends on this transaction: it does not see that the deletion takes the key whose value is kept. */
test('a transaction that cannot be finished leaves nothing behind', async () => {
  const kv = await openKv();
  const request = create(TxnRequestSchema, {
    success: [
      { request: { case: 'requestDeleteRange', value: { key: utf8('a'), rangeEnd: Uint8Array.of(0) } } },
      { request: { case: 'requestPut', value: { key: utf8('b'), ignoreValue: true } } },
    ],
  });
  assert.throws(
    () => kv.txn(request),
    (error) => error instanceof RpcError && error.code === 3 && error.message === 'etcdserver: key not found',
  );
  const { kvs, header } = kv.range(create(RangeRequestSchema, { key: utf8('b') }));
  assert.deepEqual([kvs.length, header?.revision], [1, 2n]);
  const put = kv.put(create(PutRequestSchema, { key: utf8('b'), value: utf8('b3'), prevKv: true }));
  assert.deepEqual([put.header?.revision, put.prevKv?.version], [3n, 1n]);
});

test('written bytes do not keep the message alive that brought them', async () => {
  const kv = await openKv();
  // Of the kind that the network gives, whose slices are views.
  const message = Buffer.alloc(100_000);
  message.set(utf8('keyvalue'));
  kv.put(create(PutRequestSchema, { key: message.subarray(0, 3), value: message.subarray(3, 8) }));
  message.fill(0);
  const { kvs } = kv.range(create(RangeRequestSchema, { key: utf8('key') }));
  assert.deepEqual(kvs[0]?.value, utf8('value'));
});
