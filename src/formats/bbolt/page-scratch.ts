/**
 * Memory for one leaf after another. A pass over a large file that reads each page into fresh bytes leaves garbage
 * behind faster than it is collected; a pass that looks at each row once needs no more than one leaf.
 */
export class PageScratch {
  #bytes: Uint8Array;

  constructor(pageSize: number) {
    this.#bytes = new Uint8Array(pageSize);
  }

  /** The first `sizeBytes` of the memory, of which the first `keptBytes` hold what they held before. */
  take(sizeBytes: number, keptBytes = 0): Uint8Array {
    if (sizeBytes > this.#bytes.length) {
      const grown = new Uint8Array(sizeBytes);
      grown.set(this.#bytes.subarray(0, keptBytes));
      this.#bytes = grown;
    }
    return this.#bytes.subarray(0, sizeBytes);
  }
}
