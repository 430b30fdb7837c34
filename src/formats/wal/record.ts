import { WireReader, WireWriter } from '../../base/index.ts';

/**
 * One WAL record (protobuf): 1 type int64, 2 crc uint32, 3 data bytes. Types 1 and 2 are always written, even zero;
 * field 3 is absent in a checksum record.
 *
 * Source: etcd server/storage/wal/walpb/record.proto (3.6.14).
 */
export interface WalRecord {
  readonly type: WalRecordType;
  /** CRC-32C running over the data of all records so far, this one included. */
  readonly crc: number;
  /** Absent where the field is; decoded records hold a view of the input. */
  readonly data?: Uint8Array;
}

/** What a record's data holds. */
export const walRecordTypes = {
  /** Node and cluster id. */
  metadata: 1,
  /** A raft entry. */
  entry: 2,
  /** A raft hard state. */
  state: 3,
  /** No data: the running checksum, seed of what follows. */
  checksum: 4,
  /** Index, term and members of a snapshot taken at this point. */
  snapshot: 5,
} as const;

export type WalRecordType = (typeof walRecordTypes)[keyof typeof walRecordTypes];

export function encodeWalRecord(record: WalRecord): Uint8Array {
  const writer = new WireWriter().varint(1, record.type).varint(2, record.crc);
  if (record.data !== undefined) writer.bytes(3, record.data);
  return writer.finish();
}

/**
 * Decodes a record; `data` is a view of the input. Throws RECORD_INVALID. The type is returned as read: a caller
 * decides what an unknown one means.
 */
export function decodeWalRecord(bytes: Uint8Array): { type: bigint; crc: number; data: Uint8Array } {
  const reader = new WireReader(bytes);
  let type = 0n;
  let crc = 0;
  let data: Uint8Array = new Uint8Array(0);
  while (!reader.done) {
    const tag = reader.tag();
    if (tag.field === 1) {
      reader.expect(1, tag.type, 0);
      type = reader.int64();
    } else if (tag.field === 2) {
      reader.expect(2, tag.type, 0);
      crc = Number(reader.uint64() & 0xffff_ffffn);
    } else if (tag.field === 3) {
      reader.expect(3, tag.type, 2);
      data = reader.bytes();
    } else reader.skip(tag.type);
  }
  return { type, crc, data };
}
