/** A large object. */
export interface LargeObject {
  readonly key: string;
  /** Of its stored record: key, value and facts. */
  readonly recordBytes: number;
}

/** Keeps the largest of many. */
export class LargestObjects {
  readonly #limit: number;
  #kept: LargeObject[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The key is asked for only when it counts. */
  offer(recordBytes: number, key: () => string): void {
    const smallest = this.#kept.at(-1);
    if (this.#kept.length >= this.#limit && (smallest === undefined || recordBytes <= smallest.recordBytes))
      return;
    this.#kept.push({ key: key(), recordBytes });
    this.#kept.sort((a, b) => b.recordBytes - a.recordBytes);
    this.#kept = this.#kept.slice(0, this.#limit);
  }

  sorted(): readonly LargeObject[] {
    return this.#kept;
  }
}
