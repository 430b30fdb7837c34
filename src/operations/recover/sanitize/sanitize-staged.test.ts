import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { memorySource, runToEnd, utf8 } from '../../../base/index.ts';
import { openDatabase } from '../../../formats/bbolt/index.ts';
import { databasePath } from '../../../formats/data-dir/index.ts';
import {
  alarmTypes,
  buildKeyspace,
  encodeAlarmKey,
  encodeKeyValue,
  encodeRevision,
  hashKvSteps,
} from '../../../formats/mvcc/index.ts';
import { buildDatabase } from '../../../../test/support/build-database.ts';
import { type TempDir, tempDir } from '../../../../test/support/temp-dir.ts';
import { sanitizeStaged } from './sanitize-staged.ts';

const keys = [
  '/registry/configmaps/shop/app',
  '/registry/leases/kube-node-lease/cp1',
  '/registry/leases/kube-node-lease/cp2',
  '/registry/leases/kube-system/kube-scheduler',
  '/registry/masterleases/10.0.0.1',
];

async function stagedWith(names: readonly string[], alarms: number): Promise<TempDir> {
  const rows = names.map((name, index) => {
    const main = BigInt(index + 2);
    const record = { key: utf8(name), createRevision: main, modRevision: main, version: 1n, lease: 0n };
    return {
      key: encodeRevision({ main, sub: 0n, tombstone: false }),
      value: encodeKeyValue({ ...record, value: utf8('x') }),
    };
  });
  const alarmRows = Array.from({ length: alarms }, (_, index) => ({
    key: encodeAlarmKey({ memberId: BigInt(index + 1), alarm: alarmTypes.noSpace }),
    value: new Uint8Array(),
  }));
  const bytes = buildDatabase([
    { name: utf8('alarm'), items: alarmRows },
    { name: utf8('key'), items: rows },
    { name: utf8('meta'), items: [] },
  ]);
  const dir = await tempDir('sanitize');
  await mkdir(dirname(databasePath(dir.path)), { recursive: true });
  await writeFile(databasePath(dir.path), bytes);
  return dir;
}

async function openStaged(dir: TempDir) {
  const database = openDatabase(memorySource(await readFile(databasePath(dir.path))));
  const keyspace = buildKeyspace(database);
  const live = [...keyspace.liveKeys(keyspace.currentRevision)].map(({ rank }) =>
    Buffer.from(keyspace.key(rank)).toString(),
  );
  return { database, keyspace, live };
}

test('alarms and stale keys go in one commit, as deletions at a revision of their own', async () => {
  await using dir = await stagedWith(keys, 2);
  const report = await sanitizeStaged(dir.path, '/registry');
  assert.deepEqual(report, {
    alarms: 2,
    deletedKeys: {
      'api-server-endpoint': 1,
      'node-lease': 2,
      'leader-election-lease': 1,
      'api-server-lease': 0,
    },
  });
  const { database, keyspace, live } = await openStaged(dir);
  assert.deepEqual(live, ['/registry/configmaps/shop/app']);
  assert.equal(keyspace.currentRevision, 7n, 'one revision more');
  assert.deepEqual([...database.bucket(utf8('alarm'))!.entries()], []);
  assert.ok(runToEnd(hashKvSteps(database)).hash > 0, 'the history can be hashed');
});

test('a second time there is nothing left to do', async () => {
  await using dir = await stagedWith(keys, 1);
  await sanitizeStaged(dir.path, '/registry');
  const before = await readFile(databasePath(dir.path));
  const { alarms, deletedKeys } = await sanitizeStaged(dir.path, '/registry');
  assert.deepEqual([alarms, ...Object.values(deletedKeys)], [0, 0, 0, 0, 0]);
  assert.deepEqual(await readFile(databasePath(dir.path)), before);
});

test('another prefix of keys is respected', async () => {
  await using dir = await stagedWith(keys, 0);
  const { deletedKeys } = await sanitizeStaged(dir.path, '/other');
  assert.deepEqual(Object.values(deletedKeys), [0, 0, 0, 0]);
  assert.equal((await openStaged(dir)).live.length, keys.length);
});
