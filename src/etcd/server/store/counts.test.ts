import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memorySource, operationContext, utf8 } from '../../../base/index.ts';
import { openDatabase } from '../../../formats/bbolt/index.ts';
import { MvccModel } from '../../../../test/support/mvcc-model.ts';
import { Random } from '../../../../test/support/random.ts';
import { snapshotBytes } from '../../../../test/support/snapshot-file.ts';
import { testSeed } from '../../../../test/support/test-seed.ts';
import { openStore } from './index.ts';

const keyNames = Array.from({ length: 3000 }, (_, i) => `k${i}`);
const open = Uint8Array.of(0);
/** Kept by every compaction. */
const pastRevisions = 3;

test('the count of a limited range is that of the keys in it, whatever was written, undone and compacted', async (t) => {
  const random = new Random(testSeed(t));
  const model = new MvccModel();
  for (let i = 0; i < 400; i++)
    model.apply([{ key: random.pick(keyNames), value: random.chance(0.2) ? undefined : 'x' }]);
  const database = openDatabase(memorySource(snapshotBytes(model.store())));
  const store = await openStore({ database, writable: true }, operationContext());
  const compare = (read: typeof store.range) => {
    const key = random.chance(0.1) ? open : utf8(random.pick(keyNames));
    const rangeEnd = random.chance(0.3) ? open : utf8(random.pick(keyNames));
    const { kvs } = read({ key, rangeEnd });
    for (const query of [{ limit: random.int(1, 40) }, { countOnly: true }]) {
      const { count, kvs: some } = read({ key, rangeEnd, ...query });
      assert.equal(count, kvs.length);
      assert.deepEqual(some, 'limit' in query ? kvs.slice(0, query.limit) : []);
    }
  };
  compare((query) => store.range(query));
  for (let i = 0; i < 600; i++) {
    const transaction = store.begin();
    for (let op = random.int(1, 20); op > 0; op--) {
      const key = utf8(random.pick(keyNames));
      if (random.chance(0.7)) transaction.put(key, utf8('y'), 0n);
      else transaction.deleteRange(key);
    }
    if (i % 20 === 0) compare((query) => transaction.range(query));
    if (random.chance(0.2)) transaction.rollback();
    else transaction.commit();
    if (i % 20 === 0) compare((query) => store.range(query));
    if (i % 100 === 99) store.compact(store.currentRevision - BigInt(random.int(pastRevisions, 20)));
  }
  // What is not the newest state is counted key by key.
  const revision = store.currentRevision - BigInt(pastRevisions);
  const { kvs } = store.range({ key: open, rangeEnd: open, revision });
  assert.equal(store.range({ key: open, rangeEnd: open, revision, limit: 1 }).count, kvs.length);
});
