/** Protobuf messages that are put together in place, around bytes that are large. */

/** Size of a length-delimited field with a number below 16. */
export function bytesFieldSize(size: number): number {
  return 1 + varintBytes(size) + size;
}

/** Writes what comes before the bytes of such a field, and returns where they begin. */
export function placeBytesField(target: Uint8Array, start: number, field: number, size: number): number {
  let at = start;
  target[at++] = (field << 3) | 2;
  let rest = size;
  for (; rest > 0x7f; rest >>>= 7) target[at++] = (rest & 0x7f) | 0x80;
  target[at++] = rest;
  return at;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes++;
  return bytes;
}
