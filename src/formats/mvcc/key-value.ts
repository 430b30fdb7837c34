/**
 * Values of bucket `key`: protobuf KeyValue {1 key, 2 create_revision, 3 mod_revision, 4 version, 5 value, 6 lease},
 * zero and empty fields left out. A tombstone holds only field 1.
 *
 * Source: etcd api/mvccpb/kv.proto (3.4.23 to 3.7.1).
 */
import { WireReader, WireWriter } from '../../base/index.ts';

export interface KeyValue {
  readonly key: Uint8Array;
  /** Main revision at which the key's present generation began. */
  readonly createRevision: bigint;
  /** Main revision of this change. 0 in a tombstone, where the row key holds it. */
  readonly modRevision: bigint;
  /** 1 for the first change of a generation, then one more with each. */
  readonly version: bigint;
  readonly value: Uint8Array;
  /** Lease id, 0 for none. */
  readonly lease: bigint;
}

const nothing: Uint8Array = new Uint8Array(0);

/**
 * Decodes a record. Key and value are views of the input. Unknown fields are skipped, as etcd does.
 * Throws RECORD_INVALID.
 */
export function decodeKeyValue(bytes: Uint8Array): KeyValue {
  const record = {
    key: nothing,
    createRevision: 0n,
    modRevision: 0n,
    version: 0n,
    value: nothing,
    lease: 0n,
  };
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { field, type } = reader.tag();
    if (field >= 1 && field <= 6) reader.expect(field, type, field === 1 || field === 5 ? 2 : 0);
    if (field === 1) record.key = reader.bytes();
    else if (field === 2) record.createRevision = reader.int64();
    else if (field === 3) record.modRevision = reader.int64();
    else if (field === 4) record.version = reader.int64();
    else if (field === 5) record.value = reader.bytes();
    else if (field === 6) record.lease = reader.int64();
    else reader.skip(type);
  }
  return record;
}

/** Encodes a record as etcd does: fields in ascending number, zeros and empty bytes left out. */
export function encodeKeyValue(record: KeyValue): Uint8Array {
  const writer = new WireWriter();
  if (record.key.length > 0) writer.bytes(1, record.key);
  if (record.createRevision !== 0n) writer.varint(2, record.createRevision);
  if (record.modRevision !== 0n) writer.varint(3, record.modRevision);
  if (record.version !== 0n) writer.varint(4, record.version);
  if (record.value.length > 0) writer.bytes(5, record.value);
  if (record.lease !== 0n) writer.varint(6, record.lease);
  return writer.finish();
}

/** The record of a deletion: the key alone. */
export function encodeTombstone(key: Uint8Array): Uint8Array {
  return new WireWriter().bytes(1, key).finish();
}
