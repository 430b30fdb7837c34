import { type DurableFile, fileError } from '../../base/index.ts';
import type { WritingBehind } from '../../repository/index.ts';

/** Pieces on their way at once; each is a buffer of a MiB as a rule. */
const piecesAtOnce = 4;

/** Writes pieces of a file on other threads while the next ones are made. */
export class WriteBehind implements WritingBehind {
  readonly #file: DurableFile;
  readonly #free: Uint8Array[] = [];
  readonly #writing = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  constructor(file: DurableFile) {
    this.#file = file;
  }

  /** Takes a copy; what fails is told later. Nothing else waits here: `room` is to be awaited now and then. */
  readonly add = (bytes: Uint8Array, offset: number): void => {
    const known = this.#free.pop();
    const buffer = known !== undefined && known.length >= bytes.length ? known : new Uint8Array(bytes.length);
    buffer.set(bytes);
    const writing = this.#write(buffer.subarray(0, bytes.length), offset)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .then(() => {
        this.#writing.delete(writing);
        if (this.#free.length < piecesAtOnce) this.#free.push(buffer);
      });
    this.#writing.add(writing);
  };

  /** Resolves when few pieces are on their way. Errors: WRITE_FAILED, DISK_FULL (of any piece before). */
  async room(): Promise<void> {
    while (this.#writing.size >= piecesAtOnce) await Promise.race(this.#writing);
    if (this.#failure !== undefined) throw fileError(this.#failure.error, 'write', this.#file.temporaryPath);
  }

  /** Waits for all pieces, whatever became of them. */
  async settle(): Promise<void> {
    await Promise.all(this.#writing);
  }

  /** Waits for all pieces. Errors: WRITE_FAILED, DISK_FULL. */
  async finish(): Promise<void> {
    await this.settle();
    await this.room();
  }

  async #write(bytes: Uint8Array, offset: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#file.handle.write(bytes, done, bytes.length - done, offset + done);
      done += bytesWritten;
    }
  }
}
