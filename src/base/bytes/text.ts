const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** UTF-8 bytes of a text, as a fresh array. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Text of UTF-8 bytes; invalid sequences become U+FFFD, for display only. */
export function displayText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Lower-case hex of bytes, two digits each. */
export function formatHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

/** Bytes of lower- or upper-case hex digits; throws a RangeError on anything else. */
export function parseHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || /[^0-9a-fA-F]/.test(text)) throw new RangeError(`not hex: ${text}`);
  return new Uint8Array(Buffer.from(text, 'hex'));
}

/** Base64 (standard alphabet, padded), as Go's encoding/json writes []byte. */
export function formatBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

/** Eight bytes, big-endian, of an unsigned or two's complement 64-bit value. */
export function uint64BigEndian(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value));
  return bytes;
}

/** The unsigned value of eight big-endian bytes at an offset. */
export function readUint64BigEndian(bytes: Uint8Array, offset = 0): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getBigUint64(offset);
}
