/**
 * A WAL segment is a run of frames, then zeros:
 *
 * | bytes | what |
 * | ---: | --- |
 * | 8 | length field, little-endian: low 56 bits record size; top byte `0x80 | padding` when padded, else 0 |
 * | size | record (protobuf, see record.ts) |
 * | 0..7 | zero padding up to a multiple of 8 |
 *
 * A length field of 0 ends the segment. Source: etcd server/storage/wal/{encoder,decoder}.go (3.6.14).
 */

export const frameHeaderBytes = 8;

export interface FrameSize {
  /** May be as large as 2^56: compare it with the bytes that are left before allocating. */
  readonly recordBytes: number;
  readonly paddingBytes: number;
}

/** Decodes a length field. */
export function decodeFrameSize(field: DataView, offset = 0): FrameSize {
  const low = field.getUint32(offset, true);
  const high = field.getUint32(offset + 4, true);
  const top = high >>> 24;
  return {
    recordBytes: (high & 0xff_ffff) * 0x1_0000_0000 + low,
    paddingBytes: (top & 0x80) === 0 ? 0 : top & 7,
  };
}

/** Encodes one frame around a record, as a fresh array. */
export function encodeFrame(record: Uint8Array): Uint8Array {
  const paddingBytes = (8 - (record.length % 8)) % 8;
  const frame = new Uint8Array(frameHeaderBytes + record.length + paddingBytes);
  const view = new DataView(frame.buffer);
  view.setUint32(0, record.length, true);
  if (paddingBytes > 0) view.setUint8(7, 0x80 | paddingBytes);
  frame.set(record, frameHeaderBytes);
  return frame;
}
