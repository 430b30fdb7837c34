/**
 * A random-access run of bytes of known size: the way in which `formats` sees a file.
 *
 * Reads are synchronous. A B+tree walk makes many small dependent reads out of the page cache, and an awaited read
 * costs ten times what the read does; callers that must stay responsive work in slices or in a worker.
 */
export interface ByteSource {
  /** Size in bytes, fixed while the source is open. */
  readonly sizeBytes: number;
  /** What to call the source in messages: usually its path. */
  readonly name: string;
  /**
   * Fills `target` from `offset`; returns how many bytes were there (fewer than asked only at the end).
   * Throws FILE_NOT_READABLE on an I/O error.
   */
  readInto(target: Uint8Array, offset: number): number;
}

/** A source over bytes in memory; not copied. */
export function memorySource(bytes: Uint8Array, name = 'memory'): ByteSource {
  return {
    name,
    sizeBytes: bytes.length,
    readInto(target, offset) {
      const slice = bytes.subarray(offset, offset + target.length);
      target.set(slice);
      return slice.length;
    },
  };
}
