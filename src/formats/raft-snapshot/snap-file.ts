/**
 * A `.snap` file: protobuf {1 crc uint32, 2 data bytes}, crc = CRC-32C of data; data = raft Snapshot
 * {1 data bytes: the v2 store as JSON, 2 metadata message}.
 *
 * Source: etcd server/etcdserver/api/snap/{snapshotter.go,snappb/snap.proto} (3.6.14).
 */
import { crc32c, HoldfastError, isHoldfastError, WireReader, WireWriter } from '../../base/index.ts';
import {
  decodeSnapshotMetadata,
  type EncodeOptions,
  encodeSnapshotMetadata,
  type SnapshotMetadata,
} from '../wal/index.ts';

export interface RaftSnapshot {
  /** The v2 store as JSON text. Decoded: a view of the input. */
  readonly data: Uint8Array;
  readonly metadata: SnapshotMetadata;
}

/** Encodes a `.snap` file, checksum included. `omitZeros` writes the metadata as 3.7 does. */
export function encodeSnapFile(snapshot: RaftSnapshot, options: EncodeOptions = {}): Uint8Array {
  const inner = new WireWriter()
    .bytes(1, snapshot.data)
    .bytes(2, encodeSnapshotMetadata(snapshot.metadata, options))
    .finish();
  return new WireWriter().varint(1, crc32c(inner)).bytes(2, inner).finish();
}

/**
 * Decodes and verifies a `.snap` file.
 * Throws RAFT_SNAPSHOT_CORRUPT naming the file: empty, undecodable, or a checksum that does not match.
 */
export function decodeSnapFile(bytes: Uint8Array, name: string): RaftSnapshot {
  try {
    return decodeVerified(bytes, name);
  } catch (error) {
    if (isHoldfastError(error) && error.code === 'RECORD_INVALID')
      throw snapCorrupt(name, error.message, error);
    throw error;
  }
}

function decodeVerified(bytes: Uint8Array, name: string): RaftSnapshot {
  const outer = decodeOuter(bytes);
  if (outer.data.length === 0 || outer.crc === 0) throw snapCorrupt(name, 'empty');
  if (crc32c(outer.data) !== outer.crc) throw snapCorrupt(name, 'checksum mismatch');
  const reader = new WireReader(outer.data);
  let data: Uint8Array = new Uint8Array(0);
  let metadata: SnapshotMetadata = { confState: undefined, index: 0n, term: 0n };
  while (!reader.done) {
    const { field, type } = reader.tag();
    if (field === 1 || field === 2) reader.expect(field, type, 2);
    if (field === 1) data = reader.bytes();
    else if (field === 2) metadata = decodeSnapshotMetadata(reader.bytes());
    else reader.skip(type);
  }
  return { data, metadata };
}

function decodeOuter(bytes: Uint8Array): { crc: number; data: Uint8Array } {
  const reader = new WireReader(bytes);
  let crc = 0;
  let data: Uint8Array = new Uint8Array(0);
  while (!reader.done) {
    const { field, type } = reader.tag();
    if (field === 1 || field === 2) reader.expect(field, type, field === 1 ? 0 : 2);
    if (field === 1) crc = Number(reader.uint64() & 0xffff_ffffn);
    else if (field === 2) data = reader.bytes();
    else reader.skip(type);
  }
  return { crc, data };
}

function snapCorrupt(name: string, what: string, cause?: unknown): HoldfastError {
  return new HoldfastError('RAFT_SNAPSHOT_CORRUPT', `${name}: ${what}`, {
    details: { file: name },
    ...(cause === undefined ? {} : { cause }),
  });
}
