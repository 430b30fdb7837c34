/**
 * Bucket `lease`: key = lease id, i64 big-endian; value = protobuf Lease {1 ID, 2 TTL, 3 RemainingTTL}.
 * Which keys hang on a lease is not stored here: it is the `lease` field of each live KeyValue.
 *
 * Source: etcd server/lease/leasepb/lease.proto, server/storage/schema/lease.go (3.6.14).
 */
import { uint64BigEndian, WireReader, WireWriter } from '../../base/index.ts';
import { decodingRecord, recordInvalid } from './record-fault.ts';

export interface LeaseRecord {
  readonly id: bigint;
  /** Granted time to live in seconds. */
  readonly ttlSeconds: bigint;
  /** Seconds left at the last checkpoint; 0 when there was none. */
  readonly remainingTtlSeconds: bigint;
}

export function encodeLeaseKey(id: bigint): Uint8Array {
  return uint64BigEndian(id);
}

/** Lease id of a row key. Throws RECORD_INVALID. */
export function decodeLeaseKey(key: Uint8Array): bigint {
  if (key.length !== 8) throw recordInvalid('lease', `the length of its key is ${key.length}, not 8`);
  return new DataView(key.buffer, key.byteOffset, 8).getBigInt64(0);
}

/** Decodes a row value. Throws RECORD_INVALID. */
export function decodeLease(bytes: Uint8Array): LeaseRecord {
  return decodingRecord('lease', () => {
    const lease = { id: 0n, ttlSeconds: 0n, remainingTtlSeconds: 0n };
    const reader = new WireReader(bytes);
    while (!reader.done) {
      const { field, type } = reader.tag();
      if (field >= 1 && field <= 3) reader.expect(field, type, 0);
      if (field === 1) lease.id = reader.int64();
      else if (field === 2) lease.ttlSeconds = reader.int64();
      else if (field === 3) lease.remainingTtlSeconds = reader.int64();
      else reader.skip(type);
    }
    return lease;
  });
}

export function encodeLease(lease: LeaseRecord): Uint8Array {
  const writer = new WireWriter();
  if (lease.id !== 0n) writer.varint(1, lease.id);
  if (lease.ttlSeconds !== 0n) writer.varint(2, lease.ttlSeconds);
  if (lease.remainingTtlSeconds !== 0n) writer.varint(3, lease.remainingTtlSeconds);
  return writer.finish();
}
