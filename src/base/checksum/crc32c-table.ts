/**
 * CRC-32C (Castagnoli, reflected 0x82F63B78) in plain TypeScript: slicing by 8, one table of 8 × 256 words.
 *
 * The fallback where the native build cannot be loaded, and the reference that the native one is tested against.
 * Node's `zlib.crc32` is another polynomial (IEEE) and cannot stand in.
 */
const polynomial = 0x82f63b78;

const tables = buildTables();

function buildTables(): Uint32Array {
  const table = new Uint32Array(8 * 256);
  for (let i = 0; i < 256; i++) {
    let crc = i;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    table[i] = crc;
  }
  for (let i = 256; i < 8 * 256; i++) {
    const before = table[i - 256]!;
    table[i] = (before >>> 8) ^ table[before & 0xff]!;
  }
  return table;
}

/** Continues a finished CRC over more bytes; start with 0. Result is an unsigned 32-bit number. */
export function crc32cByTable(bytes: Uint8Array, initial = 0): number {
  const t = tables;
  let crc = ~initial;
  let i = 0;
  const wholeEnd = bytes.length - (bytes.length % 8);
  for (; i < wholeEnd; i += 8) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc =
      t[0x700 + (crc & 0xff)]! ^
      t[0x600 + ((crc >>> 8) & 0xff)]! ^
      t[0x500 + ((crc >>> 16) & 0xff)]! ^
      t[0x400 + (crc >>> 24)]! ^
      t[0x300 + bytes[i + 4]!]! ^
      t[0x200 + bytes[i + 5]!]! ^
      t[0x100 + bytes[i + 6]!]! ^
      t[bytes[i + 7]!]!;
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ t[(crc ^ bytes[i]!) & 0xff]!;
  return ~crc >>> 0;
}
