import { createHash, type Hash } from 'node:crypto';
import {
  type FileSource,
  formatHex,
  HoldfastError,
  openFileSource,
  type OperationContext,
  throwIfInterrupted,
  yieldToEventLoop,
} from '../../../base/index.ts';

const pieceBytes = 256 << 10;

/** A file that is read once from end to end, with its SHA-256 known afterwards. */
export class ReadFile implements Disposable {
  readonly source: FileSource;
  readonly #hash: Hash = createHash('sha256');
  #hashedBytes = 0;

  /** Errors: FILE_NOT_FOUND, NOT_A_REGULAR_FILE, FILE_NOT_READABLE. */
  constructor(path: string) {
    this.source = openFileSource(path);
  }

  /** The content in pieces; each is hashed as it passes. Errors: FILE_NOT_READABLE, IMPORT_DAMAGED, INTERRUPTED. */
  async *pieces(ctx: OperationContext): AsyncGenerator<Uint8Array> {
    for await (const piece of readRange(this.source, 0, this.source.sizeBytes, ctx)) {
      this.#hash.update(piece);
      this.#hashedBytes += piece.length;
      yield piece;
    }
  }

  /** SHA-256 of the whole file, lower-case hex; reads what was not read yet. */
  async sha256(ctx: OperationContext): Promise<string> {
    const { source } = this;
    for await (const piece of readRange(source, this.#hashedBytes, source.sizeBytes, ctx))
      this.#hash.update(piece);
    return formatHex(this.#hash.digest());
  }

  [Symbol.dispose](): void {
    this.source.close();
  }
}

/** Bytes of an open file in fresh pieces. Errors: FILE_NOT_READABLE, IMPORT_DAMAGED (it became shorter), INTERRUPTED. */
export async function* readRange(
  source: FileSource,
  from: number,
  to: number,
  ctx: OperationContext,
): AsyncGenerator<Uint8Array> {
  for (let offset = from; offset < to; ) {
    throwIfInterrupted(ctx.signal);
    const piece = new Uint8Array(Math.min(pieceBytes, to - offset));
    if (source.readInto(piece, offset) !== piece.length)
      throw new HoldfastError('IMPORT_DAMAGED', `${source.name} became shorter while it was read`);
    offset += piece.length;
    yield piece;
    await yieldToEventLoop();
  }
}
