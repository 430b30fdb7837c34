/** A stream of bytes whose beginning can be looked at before it is taken. */
export class ByteStream implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The first bytes, as many as there are up to this length; they stay in the stream. */
  async peek(length: number): Promise<Uint8Array> {
    while (this.#heldBytes < length && (await this.#pull()));
    if (this.#held.length > 1) this.#held = [Buffer.concat(this.#held)];
    return (this.#held[0] ?? new Uint8Array(0)).subarray(0, length);
  }

  /** Takes exactly so many bytes, or fewer where the stream ends. */
  async take(length: number): Promise<Uint8Array> {
    const taken = (await this.peek(length)).slice();
    const rest = (this.#held[0] ?? new Uint8Array(0)).subarray(taken.length);
    this.#held = rest.length === 0 ? [] : [rest];
    this.#heldBytes = rest.length;
    return taken;
  }

  /** The next piece, at most so long; undefined at the end. */
  async next(limit = Number.POSITIVE_INFINITY): Promise<Uint8Array | undefined> {
    if (this.#held.length === 0 && !(await this.#pull())) return undefined;
    const piece = this.#held.shift()!;
    if (piece.length <= limit) {
      this.#heldBytes -= piece.length;
      return piece;
    }
    this.#held.unshift(piece.subarray(limit));
    this.#heldBytes -= limit;
    return piece.subarray(0, limit);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (let piece = await this.next(); piece !== undefined; piece = await this.next()) yield piece;
    } finally {
      await this.close();
    }
  }

  /** Lets go of what it reads from. */
  async close(): Promise<void> {
    this.#ended = true;
    await this.#source.return?.(undefined);
  }

  async #pull(): Promise<boolean> {
    if (this.#ended) return false;
    const step = await this.#source.next();
    if (step.done === true) {
      this.#ended = true;
      return false;
    }
    if (step.value.length > 0) {
      this.#held.push(step.value);
      this.#heldBytes += step.value.length;
    }
    return true;
  }
}
