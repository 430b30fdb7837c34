/**
 * Protobuf wire primitives, for the records inside files (KeyValue, WAL records, leases, …), where we need exact
 * control over bytes, order and omission. Messages of the live API use the generated code in `src/etcd/gen`.
 *
 * Source of the fact: protobuf encoding guide; etcd's gogo encoders emit fields in ascending number.
 */
import { HoldfastError } from '../errors/index.ts';

const textDecoder = new TextDecoder('utf-8', { fatal: true });
const textEncoder = new TextEncoder();

/** Wire type 0 varint, 1 fixed64, 2 length-delimited, 5 fixed32. */
export type WireType = 0 | 1 | 2 | 5;

function malformed(what: string, offset: number): HoldfastError {
  return new HoldfastError('RECORD_INVALID', `protobuf: ${what} at byte ${offset}`, { details: { offset } });
}

/**
 * Reads one protobuf message from a byte view. Bytes that it returns are views of the input: they live as long as
 * the input does. Every malformed input throws RECORD_INVALID with the offset.
 */
export class WireReader {
  readonly #bytes: Uint8Array;
  #offset: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#offset = start;
    this.#end = end;
  }

  /** Byte offset of the next unread byte within the input. */
  get offset(): number {
    return this.#offset;
  }

  get done(): boolean {
    return this.#offset >= this.#end;
  }

  /** Reads a field header: field number and wire type. */
  tag(): { readonly field: number; readonly type: WireType } {
    const at = this.#offset;
    const value = this.uint64();
    const type = Number(value & 7n);
    const field = Number(value >> 3n);
    if (field === 0 || field > 0x1fff_ffff) throw malformed(`field number ${field}`, at);
    if (type !== 0 && type !== 1 && type !== 2 && type !== 5) throw malformed(`wire type ${type}`, at);
    return { field, type };
  }

  /** Reads a varint as an unsigned 64-bit value. */
  uint64(): bigint {
    let low = 0;
    let shift = 0;
    const at = this.#offset;
    // Four bytes fit a signed 32-bit number; nearly every varint ends there.
    for (; shift < 28; shift += 7) {
      const byte = this.#byte(at);
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt(low);
    }
    let value = BigInt(low);
    for (let wide = 28n; wide < 70n; wide += 7n) {
      const byte = this.#byte(at);
      value |= BigInt(byte & 0x7f) << wide;
      if (byte < 0x80) {
        if (value > 0xffff_ffff_ffff_ffffn) throw malformed('varint above 64 bits', at);
        return value;
      }
    }
    throw malformed('varint longer than 10 bytes', at);
  }

  /** Reads a varint as a signed 64-bit value (int64: two's complement). */
  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  /** Reads a varint that must fit a non-negative safe integer. */
  uint(): number {
    const at = this.#offset;
    const value = this.uint64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed(`number ${value} too large`, at);
    return Number(value);
  }

  bool(): boolean {
    return this.uint64() !== 0n;
  }

  /** Reads a length-delimited field. The result is a view of the input. */
  bytes(): Uint8Array {
    const at = this.#offset;
    const length = this.uint64();
    if (length > BigInt(this.#end - this.#offset)) throw malformed(`length ${length} past the end`, at);
    const start = this.#offset;
    this.#offset += Number(length);
    return this.#bytes.subarray(start, this.#offset);
  }

  /** Reads a length-delimited field as UTF-8 text. */
  string(): string {
    const at = this.#offset;
    try {
      return textDecoder.decode(this.bytes());
    } catch (error) {
      if (error instanceof HoldfastError) throw error;
      throw malformed('text that is not UTF-8', at);
    }
  }

  /** Skips a field's value. */
  skip(type: WireType): void {
    const at = this.#offset;
    if (type === 0) this.uint64();
    else if (type === 2) this.bytes();
    else {
      this.#offset += type === 1 ? 8 : 4;
      if (this.#offset > this.#end) throw malformed('fixed field past the end', at);
    }
  }

  /** Throws unless the wire type is the one that the schema gives to the field. */
  expect(field: number, actual: WireType, wanted: WireType): void {
    if (actual !== wanted)
      throw malformed(`field ${field} has wire type ${actual}, not ${wanted}`, this.#offset);
  }

  #byte(start: number): number {
    if (this.#offset >= this.#end) throw malformed('varint past the end', start);
    return this.#bytes[this.#offset++]!;
  }
}

/** Writes one protobuf message into a growing buffer. Nothing is omitted by itself: callers decide about zeros. */
export class WireWriter {
  #bytes = new Uint8Array(64);
  #length = 0;

  /** Writes a varint field. */
  varint(field: number, value: bigint | number | boolean): this {
    this.#varint(BigInt(field) << 3n);
    this.#varint(BigInt.asUintN(64, BigInt(value)));
    return this;
  }

  /** Writes a length-delimited field; the bytes are copied. */
  bytes(field: number, value: Uint8Array): this {
    this.#varint((BigInt(field) << 3n) | 2n);
    this.#varint(BigInt(value.length));
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  string(field: number, value: string): this {
    return this.bytes(field, textEncoder.encode(value));
  }

  message(field: number, value: WireWriter): this {
    return this.bytes(field, value.finish());
  }

  /** The message so far, as a copy. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #varint(value: bigint): void {
    this.#reserve(10);
    let rest = value;
    while (rest > 0x7fn) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  #reserve(extra: number): void {
    if (this.#length + extra <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + extra));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
