import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import * as api from './api.ts';
import { parseHex } from '../base/index.ts';

test('services carry the names that etcd serves', () => {
  const names = [api.KV, api.Watch, api.Lease, api.Cluster, api.Maintenance, api.Auth].map((s) => s.typeName);
  assert.deepEqual(names, [
    'etcdserverpb.KV',
    'etcdserverpb.Watch',
    'etcdserverpb.Lease',
    'etcdserverpb.Cluster',
    'etcdserverpb.Maintenance',
    'etcdserverpb.Auth',
  ]);
  assert.equal(api.Health.typeName, 'grpc.health.v1.Health');
});

test('field numbers that are not in sequence are etcd’s', () => {
  // Compare.range_end is field 64 (tag 0x82 0x04), WatchResponse.events field 11 (tag 0x5a).
  const compare = create(api.CompareSchema, { rangeEnd: new Uint8Array([0]) });
  assert.deepEqual(toBinary(api.CompareSchema, compare), parseHex('82040100'));
  const watch = fromBinary(api.WatchResponseSchema, parseHex('5a020801'));
  assert.equal(watch.events[0]?.type, api.Event_EventType.DELETE);
});

test('64-bit integers are bigint, negative ones included', () => {
  const reply = fromBinary(api.HashKVResponseSchema, parseHex('18ffffffffffffffffff01'));
  assert.equal(reply.compactRevision, -1n);
  const header = create(api.ResponseHeaderSchema, { memberId: 0xffff_ffff_ffff_ffffn });
  assert.equal(
    fromBinary(api.ResponseHeaderSchema, toBinary(api.ResponseHeaderSchema, header)).memberId,
    0xffff_ffff_ffff_ffffn,
  );
});
