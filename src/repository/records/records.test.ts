import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode, utf8 } from '../../base/index.ts';
import {
  type BackupRecord,
  decodePruneMarker,
  decodeRecord,
  decodeSession,
  encodePruneMarker,
  encodeRecord,
  isStamp,
  newStamp,
  stampTimeMs,
} from './index.ts';

const id = '20261122-101112-0a1b2c3d';

const record: BackupRecord = {
  id,
  createdAt: '2026-11-22T10:11:12.000Z',
  program: '0.1.0',
  host: 'cp1',
  source: { kind: 'file', sizeBytes: 4128, sha256: 'ab'.repeat(32), hasDigest: true, exact: false },
  cluster: { identity: 'kubernetes:1', members: ['8e9e05c52164694d'] },
  revision: 2n ** 62n,
  compactedRevision: -1n,
  term: 2n,
  consistentIndex: 2n ** 63n + 5n,
  etcdVersion: '3.6.0',
  hashes: { snapshot: 1, kv: 4_294_967_295, rows: 'cd'.repeat(32) },
  totals: { keys: 1, rows: 2, bytes: 3 },
  resources: [{ resource: 'pods', objects: 1, bytes: 3 }],
  recipe: [new Uint8Array(32).fill(7)],
  layout: new Uint8Array(32).fill(9),
  bundle: { list: new Uint8Array(32).fill(8), files: 2, bytes: 10, sha256: 'ef'.repeat(32) },
  stored: { newChunks: 1, newBytes: 2, reusedChunks: 0, reusedBytes: 0, uploadedBytes: 100 },
  parent: '20261122-091112-0a1b2c3d',
  seen: ['20261122-091112-0a1b2c3d'],
};

test('a record reads back, and what a newer version wrote into it is kept', () => {
  assert.deepEqual(decodeRecord(encodeRecord(record), id), record);
  const object = JSON.parse(new TextDecoder().decode(encodeRecord(record))) as object;
  const newer = utf8(JSON.stringify({ ...object, weather: { sunny: true } }));
  const decoded = decodeRecord(newer, id);
  assert.deepEqual(decoded.unknown, { weather: { sunny: true } });
  assert.deepEqual(decodeRecord(encodeRecord(decoded), id), decoded);
});

test('a record is the same bytes in whatever order its parts were put together', () => {
  const live = {
    ...record,
    source: { ...record.source, kind: 'live', endpoint: 'https://127.0.0.1:2379' },
    cluster: { ...record.cluster, memberName: 'm1', memberId: '8e9e05c52164694d', clusterId: '1' },
  } as const;
  const turned = <T extends object>(part: T) => Object.fromEntries(Object.entries(part).reverse()) as T;
  const other = {
    ...live,
    source: turned(live.source),
    cluster: turned(live.cluster),
    hashes: turned(live.hashes),
    totals: turned(live.totals),
    resources: live.resources.map(turned),
    stored: turned(live.stored),
    bundle: turned(live.bundle!),
  };
  assert.deepEqual(encodeRecord(turned(other)), encodeRecord(live));
  assert.deepEqual(encodeRecord(decodeRecord(encodeRecord(live), id)), encodeRecord(live));
});

test('a record of another backup, of a newer version or without a field is refused', () => {
  const content = encodeRecord(record);
  assert.throws(
    () => decodeRecord(content, '20261122-101112-00000000'),
    (error) => hasCode(error, 'REPOSITORY_DAMAGED'),
  );
  const fields = JSON.parse(new TextDecoder().decode(content)) as Record<string, unknown>;
  for (const name of Object.keys(fields)) {
    const decode = () => decodeRecord(utf8(JSON.stringify({ ...fields, [name]: undefined })), id);
    if (['etcdVersion', 'layout', 'bundle', 'parent'].includes(name)) decode();
    else assert.throws(decode, (error) => hasCode(error, 'REPOSITORY_DAMAGED'), name);
  }
  assert.throws(
    () => decodeRecord(utf8(JSON.stringify({ ...fields, formatVersion: 2 })), id),
    (error) => hasCode(error, 'REPOSITORY_FORMAT_UNKNOWN'),
  );
});

test('a marker names nothing but digests', () => {
  const marker = { plannedAt: 'x', host: 'a', packs: ['ab'.repeat(32)], segments: [] };
  assert.deepEqual(decodePruneMarker(encodePruneMarker(marker), 'prune/x'), marker);
  const wrong = encodePruneMarker({ ...marker, packs: ['../config'] });
  assert.throws(
    () => decodePruneMarker(wrong, 'prune/x'),
    (error) => hasCode(error, 'REPOSITORY_DAMAGED'),
  );
  assert.throws(
    () => decodeSession(utf8('{"formatVersion":1}'), 'sessions/x'),
    (error) => hasCode(error, 'REPOSITORY_DAMAGED'),
  );
});

test('a stamp holds its time', () => {
  const nowMs = Date.UTC(2026, 10, 22, 10, 11, 12);
  const stamp = newStamp(nowMs + 345);
  assert.match(stamp, /^20261122-101112-159[0-9a-f]{5}$/);
  const inOrder = Array.from({ length: 1000 }, (_, i) => newStamp(nowMs + i));
  assert.deepEqual([...inOrder].sort(), inOrder, 'a millisecond apart they are in order');
  assert.equal(stampTimeMs(stamp), nowMs);
  for (const wrong of ['', 'latest', '20260230-000000-00000000', `${stamp}0`, stamp.toUpperCase() + 'A'])
    assert.equal(isStamp(wrong), false, wrong);
});
