/** Compressed streams, opened with node:zlib, and the one that it does not know. */
import { createGunzip, createInflate, createInflateRaw, createZstdDecompress } from 'node:zlib';
import type { Transform } from 'node:stream';
import { HoldfastError, isHoldfastError } from '../../../base/index.ts';
import { LzwDecoder } from '../../../formats/archive/index.ts';

export type Compression = 'gzip' | 'zlib' | 'zstd' | 'lzw' | 'deflate';

const engines: Readonly<Record<Exclude<Compression, 'lzw'>, () => Transform & { bytesWritten?: number }>> = {
  gzip: () => createGunzip(),
  zlib: () => createInflate(),
  zstd: () => createZstdDecompress(),
  deflate: () => createInflateRaw(),
};

/**
 * What a stream unpacks to. A zstd stream may have several frames; behind the end of others nothing may follow.
 * Errors: IMPORT_DAMAGED, and those of the source.
 */
export async function* decompress(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
  name: string,
): AsyncGenerator<Uint8Array> {
  try {
    if (compression === 'lzw') yield* unpackLzw(source);
    else yield* runEngines(source, compression);
  } catch (error) {
    if (isHoldfastError(error) && error.code !== 'RECORD_INVALID') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new HoldfastError(
      'IMPORT_DAMAGED',
      `${name}: its ${compression} stream is damaged or cut off: ${reason}`,
      {
        cause: error,
        details: { path: name },
      },
    );
  }
}

async function* unpackLzw(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decoder = new LzwDecoder();
  for await (const piece of source) yield decoder.decode(piece);
  if (!decoder.ended) throw new HoldfastError('RECORD_INVALID', 'unexpected end of file');
}

/** An engine takes one frame. What it leaves of the last piece begins the next one. */
async function* runEngines(
  source: AsyncIterable<Uint8Array>,
  compression: Exclude<Compression, 'lzw'>,
): AsyncGenerator<Uint8Array> {
  const pieces = source[Symbol.asyncIterator]();
  let rest: Uint8Array | undefined;
  try {
    for (let frames = 0; ; frames++) {
      rest ??= await nextPiece(pieces);
      if (rest === undefined && frames > 0) return;
      if (frames > 0 && compression !== 'zstd') throw new Error('bytes follow its end');
      const run = new EngineRun(engines[compression](), pieces, rest);
      yield* run.output();
      rest = run.rest();
    }
  } finally {
    await pieces.return?.(undefined);
  }
}

async function nextPiece(pieces: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  for (;;) {
    const step = await pieces.next();
    if (step.done === true) return undefined;
    if (step.value.length > 0) return step.value;
  }
}

class EngineRun {
  readonly #engine: Transform & { bytesWritten?: number };
  readonly #pieces: AsyncIterator<Uint8Array>;
  #piece: Uint8Array | undefined;
  #fedBytes = 0;
  #feedFailure: { readonly error: unknown } | undefined;

  constructor(
    engine: Transform & { bytesWritten?: number },
    pieces: AsyncIterator<Uint8Array>,
    first: Uint8Array | undefined,
  ) {
    this.#engine = engine;
    this.#pieces = pieces;
    this.#piece = first;
  }

  async *output(): AsyncGenerator<Uint8Array> {
    const ended = new Promise<'ended'>((resolve) => {
      for (const event of ['end', 'error', 'close']) this.#engine.once(event, () => resolve('ended'));
    });
    const fed = this.#feed(ended).catch((error: unknown) => {
      this.#feedFailure = { error };
      this.#engine.destroy();
    });
    try {
      for await (const piece of this.#engine) yield piece as Uint8Array;
    } catch (error) {
      throw this.#feedFailure === undefined ? error : this.#feedFailure.error;
    } finally {
      this.#engine.destroy();
      await fed;
    }
    if (this.#feedFailure !== undefined) throw this.#feedFailure.error;
  }

  /** What the engine had no use for. */
  rest(): Uint8Array | undefined {
    const left = this.#leftBytes();
    return left > 0 && this.#piece !== undefined
      ? this.#piece.subarray(this.#piece.length - left)
      : undefined;
  }

  #leftBytes(): number {
    return this.#fedBytes - (this.#engine.bytesWritten ?? this.#fedBytes);
  }

  async #feed(ended: Promise<'ended'>): Promise<void> {
    for (; ; this.#piece = await nextPiece(this.#pieces)) {
      if (this.#piece === undefined) {
        this.#engine.end();
        return;
      }
      this.#fedBytes += this.#piece.length;
      const taken = new Promise<'taken'>((resolve) =>
        this.#engine.write(this.#piece, () => resolve('taken')),
      );
      if ((await Promise.race([taken, ended])) === 'ended') return;
      // An engine at the end of its frame takes no more, and does not say so.
      if (this.#leftBytes() > 0) return;
    }
  }
}
