/**
 * KeyValue records read in place, for loops over millions of rows: no allocation, no bigint.
 *
 * Every 64-bit field is left as two unsigned 32-bit halves. What is accepted is exactly what `decodeKeyValue` accepts.
 */

/** One scanner serves a whole loop: `scan` overwrites the fields of the record before. */
export class RecordScanner {
  /** The key lies at `[keyStart, keyEnd)` of the scanned bytes. */
  keyStart = 0;
  keyEnd = 0;
  /** The user's value lies at `[valueStart, valueEnd)`. */
  valueStart = 0;
  valueEnd = 0;
  createHigh = 0;
  createLow = 0;
  modHigh = 0;
  modLow = 0;
  versionHigh = 0;
  versionLow = 0;
  leaseHigh = 0;
  leaseLow = 0;

  #bytes: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #high = 0;
  #low = 0;

  /** Reads one record; returns what is wrong with it in words, or undefined. */
  scan(bytes: Uint8Array): string | undefined {
    this.#reset(bytes);
    while (this.#offset < bytes.length) {
      const at = this.#offset;
      if (!this.#varint()) return `protobuf: varint not valid at byte ${at}`;
      // A field number is below 2^29, so a sane tag fits the low half.
      if (this.#high !== 0 || this.#low < 8) return `protobuf: field number not valid at byte ${at}`;
      if (!this.#field(this.#low >>> 3, this.#low & 7)) return `protobuf: field not valid at byte ${at}`;
    }
    return undefined;
  }

  get hasLease(): boolean {
    return this.leaseLow !== 0 || this.leaseHigh !== 0;
  }

  /** Lease id; allocates a bigint, so ask only when there is one. */
  get lease(): bigint {
    return BigInt.asIntN(64, (BigInt(this.leaseHigh) << 32n) | BigInt(this.leaseLow));
  }

  #reset(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#offset = 0;
    this.keyStart = this.keyEnd = this.valueStart = this.valueEnd = 0;
    this.createHigh = this.createLow = this.modHigh = this.modLow = 0;
    this.versionHigh = this.versionLow = this.leaseHigh = this.leaseLow = 0;
  }

  #field(field: number, type: number): boolean {
    switch (field) {
      case 1:
        if (type !== 2 || !this.#block()) return false;
        this.keyStart = this.#offset - this.#low;
        this.keyEnd = this.#offset;
        return true;
      case 2:
        if (type !== 0 || !this.#varint()) return false;
        this.createHigh = this.#high;
        this.createLow = this.#low;
        return true;
      case 3:
        if (type !== 0 || !this.#varint()) return false;
        this.modHigh = this.#high;
        this.modLow = this.#low;
        return true;
      case 4:
        if (type !== 0 || !this.#varint()) return false;
        this.versionHigh = this.#high;
        this.versionLow = this.#low;
        return true;
      case 5:
        if (type !== 2 || !this.#block()) return false;
        this.valueStart = this.#offset - this.#low;
        this.valueEnd = this.#offset;
        return true;
      case 6:
        if (type !== 0 || !this.#varint()) return false;
        this.leaseHigh = this.#high;
        this.leaseLow = this.#low;
        return true;
      default:
        return this.#skip(type);
    }
  }

  #skip(type: number): boolean {
    if (type === 0) return this.#varint();
    if (type === 2) return this.#block();
    if (type !== 1 && type !== 5) return false;
    this.#offset += type === 1 ? 8 : 4;
    return this.#offset <= this.#bytes.length;
  }

  /** Steps over a length-delimited field; its length stays in `#low`. */
  #block(): boolean {
    if (!this.#varint()) return false;
    if (this.#high !== 0 || this.#low > this.#bytes.length - this.#offset) return false;
    this.#offset += this.#low;
    return true;
  }

  /** Reads a varint into the two halves: 28 bits from four bytes, 4 + 3 from the fifth, the rest above. */
  #varint(): boolean {
    const bytes = this.#bytes;
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      if (this.#offset >= bytes.length) return false;
      const byte = bytes[this.#offset++]!;
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.#low = low;
        this.#high = 0;
        return true;
      }
    }
    return this.#longVarint(low);
  }

  #longVarint(first28: number): boolean {
    const bytes = this.#bytes;
    let high = 0;
    for (let index = 4; index < 10; index++) {
      if (this.#offset >= bytes.length) return false;
      const byte = bytes[this.#offset++]!;
      const bits = byte & 0x7f;
      if (index === 4) {
        first28 |= bits << 28;
        high = bits >>> 4;
      } else {
        if (index === 9 && bits > 1) return false;
        high |= bits << (3 + 7 * (index - 5));
      }
      if (byte < 0x80) {
        this.#low = first28 >>> 0;
        this.#high = high >>> 0;
        return true;
      }
    }
    return false;
  }
}
