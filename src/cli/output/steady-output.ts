/** Gathered before it is written. */
const pieceCharacters = 64 * 1024;

/** What takes bytes and says when it has taken them. */
interface ByteSink {
  send(bytes: Uint8Array): Promise<void>;
}

/** Long results in pieces, no faster than the reader takes them: memory does not grow with the output. */
export class SteadyOutput {
  readonly #stream: ByteSink;
  #pending: string[] = [];
  #length = 0;

  constructor(stream: ByteSink) {
    this.#stream = stream;
  }

  /** Adds text as it is. */
  async write(text: string): Promise<void> {
    this.#pending.push(text);
    this.#length += text.length;
    if (this.#length >= pieceCharacters) await this.flush();
  }

  /** Writes what was gathered. */
  async flush(): Promise<void> {
    const text = this.#pending.join('');
    this.#pending = [];
    this.#length = 0;
    if (text !== '') await this.#stream.send(Buffer.from(text));
  }
}
