/**
 * Reads protobuf primitives off a value without allocating for them: the decoder of a snapshot with millions of
 * objects makes a hundred such reads an object. Every malformed input throws RECORD_INVALID with the offset.
 *
 * Source: protobuf encoding guide; k8s.io/api generated.pb.go (1.36.2) for what its decoders accept.
 */
import { HoldfastError } from '../../base/index.ts';

export class WireCursor {
  /** The value; offsets count from its begin. */
  readonly bytes: Buffer;
  offset = 0;
  /** Set by `varint`: the halves of the 64-bit value, each a signed 32-bit number. */
  low = 0;
  high = 0;

  constructor(value: Uint8Array) {
    this.bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
  }

  /** Reads a field header: `number << 3 | wire type`. */
  tag(end: number): number {
    const at = this.offset;
    const byte = at < end ? this.bytes[at]! : 0x80;
    if (byte < 0x80) {
      this.offset = at + 1;
      if (byte < 8) throw malformed('field number 0', at);
      return byte;
    }
    this.varint(end);
    // 29 bits of number and 3 of type.
    if (this.high !== 0 || this.low >>> 3 === 0) throw malformed('field number out of range', at);
    return this.low >>> 0;
  }

  /** Reads a length and checks that so much is there. */
  length(end: number): number {
    const at = this.offset;
    const byte = at < end ? this.bytes[at]! : 0x80;
    let length = byte;
    if (byte < 0x80) this.offset = at + 1;
    else {
      this.varint(end);
      length = this.high === 0 ? this.low >>> 0 : Infinity;
    }
    if (length > end - this.offset) throw malformed('a length past the end', at);
    return length;
  }

  /** Reads a varint into `low` and `high`. */
  varint(end: number): void {
    const at = this.offset;
    let low = 0;
    let high = 0;
    for (let i = 0; i < 10; i++) {
      if (this.offset >= end) throw malformed('a number past the end', at);
      const byte = this.bytes[this.offset++]!;
      const bits = byte & 0x7f;
      if (i < 4) low |= bits << (7 * i);
      else if (i === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (7 * i - 32);
      if (byte < 0x80) {
        this.low = low;
        this.high = high;
        return;
      }
    }
    throw malformed('a number of more than 10 bytes', at);
  }

  /** Reads an int64; a bigint beyond 2^53. */
  int64(end: number): number | bigint {
    this.varint(end);
    const value = this.high * 0x1_0000_0000 + (this.low >>> 0);
    if (Number.isSafeInteger(value)) return value;
    return (BigInt(this.high) << 32n) | BigInt(this.low >>> 0);
  }

  int32(end: number): number {
    this.varint(end);
    return this.low;
  }

  bool(end: number): boolean {
    this.varint(end);
    return this.low !== 0 || this.high !== 0;
  }

  double(end: number): number {
    const at = this.offset;
    this.skip(1, end);
    return this.bytes.readDoubleLE(at);
  }

  /** Passes over a value of a wire type. */
  skip(wireType: number, end: number): void {
    const at = this.offset;
    if (wireType === 0) this.varint(end);
    else if (wireType === 2) {
      const length = this.length(end);
      this.offset += length;
    } else if (wireType === 1 || wireType === 5) {
      this.offset += wireType === 1 ? 8 : 4;
      if (this.offset > end) throw malformed('a fixed number past the end', at);
    } else throw malformed(`wire type ${wireType}`, at);
  }
}

export function malformed(what: string, offset: number): HoldfastError {
  return new HoldfastError('RECORD_INVALID', `protobuf: ${what} at byte ${offset}`, { details: { offset } });
}
