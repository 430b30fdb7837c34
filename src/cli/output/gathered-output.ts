import type { Output } from './view.ts';

/** Gathered before it is written. */
const pieceBytes = 64 * 1024;
const lineFeed = new Uint8Array([0x0a]);

/** What takes bytes and says when it has taken them. */
interface ByteSink {
  send(bytes: Uint8Array): Promise<void>;
}

/** Output of any length, text and bytes: gathered in pieces, which go out no faster than the reader takes them. */
export class GatheredOutput implements Output {
  readonly #stream: ByteSink;
  #pending: Uint8Array[] = [];
  #length = 0;

  constructor(stream: ByteSink) {
    this.#stream = stream;
  }

  line(text: string): void {
    this.bytes(Buffer.from(text));
    this.bytes(lineFeed);
  }

  /** The bytes must stay as they are until they are settled. */
  bytes(bytes: Uint8Array): void {
    this.#pending.push(bytes);
    this.#length += bytes.length;
  }

  /** Text without a line feed. */
  text(text: string): void {
    this.bytes(Buffer.from(text));
  }

  /** Writes what was gathered once it is a piece; called after each item. */
  async settle(): Promise<void> {
    if (this.#length >= pieceBytes) await this.flush();
  }

  /** Writes what was gathered. */
  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#length = 0;
    if (bytes.length > 0) await this.#stream.send(bytes);
  }
}
