/** A chunk that ends by its content has at least so many bytes of keys and values. */
export const minimumChunkBytes = 256 << 10;
/** No chunk of more than one row has more. */
export const maximumChunkBytes = 4 << 20;
/** Past the minimum a chunk goes on for so long on average: a MiB in all. */
const meanRestBytes = 768 << 10;

/**
 * Where chunks end: it depends on the rows alone, so that whoever cuts the same rows cuts them alike, and on digests,
 * so that nobody outside learns anything from it.
 */
export class ChunkBoundary {
  #chunkBytes = 0;

  /** Bytes of the rows in the chunk so far. */
  get chunkBytes(): number {
    return this.#chunkBytes;
  }

  /** Whether the chunk is to end before a row of this size. */
  endsBefore(rowBytes: number): boolean {
    return this.#chunkBytes > 0 && this.#chunkBytes + rowBytes > maximumChunkBytes;
  }

  /** Adds a row; whether the chunk ends behind it. Its digest decides with a chance that grows with its size. */
  endsAfter(rowBytes: number, digest: Uint8Array): boolean {
    this.#chunkBytes += rowBytes;
    if (this.#chunkBytes < minimumChunkBytes) return false;
    const draw = new DataView(digest.buffer, digest.byteOffset, 4).getUint32(0, true);
    return draw < (2 ** 32 * rowBytes) / meanRestBytes;
  }

  /** Begins the next chunk. */
  restart(): void {
    this.#chunkBytes = 0;
  }
}
