/**
 * Long loops in this room are generators: they yield the bytes walked so far about every four megabytes, and return
 * their result. A caller that must stay responsive takes a turn of the event loop at each yield; others run to the end.
 */
export type Steps<T> = Generator<number, T, void>;

/** Runs a generator of steps without a pause. */
export function runToEnd<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

const sliceBytes = 4 << 20;
const sliceRows = 16_384;

/** Counts the work of a loop and says when a slice is full. */
export class SliceMeter {
  /** Bytes of all rows counted so far. */
  doneBytes = 0;
  #rows = 0;
  #sliceEnd = sliceBytes;

  /** Counts one row; true when it is time to yield `doneBytes`. */
  count(rowBytes: number): boolean {
    this.doneBytes += rowBytes;
    if (++this.#rows < sliceRows && this.doneBytes < this.#sliceEnd) return false;
    this.#rows = 0;
    this.#sliceEnd = this.doneBytes + sliceBytes;
    return true;
  }
}
