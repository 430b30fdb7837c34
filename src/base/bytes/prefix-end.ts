/**
 * The `rangeEnd` that makes a range cover every key with this prefix: the prefix with its last byte below 0xff raised
 * by one and cut there. A prefix of nothing but 0xff, or an empty one, reaches to the end: one zero byte.
 * A fresh array.
 */
export function prefixEnd(prefix: Uint8Array): Uint8Array {
  for (let last = prefix.length - 1; last >= 0; last--) {
    const byte = prefix[last]!;
    if (byte === 0xff) continue;
    // Not slice: a Buffer's would be a view, and raising its last byte would change the caller's prefix.
    const end = new Uint8Array(prefix.subarray(0, last + 1));
    end[last] = byte + 1;
    return end;
  }
  return new Uint8Array([0]);
}
