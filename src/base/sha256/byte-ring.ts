/**
 * Bytes on their way from one thread to another, in memory that both see: one writes, one reads, and each waits for the
 * other where it has to.
 */

/** What the two threads share. */
export interface SharedRing {
  /** Slots filled and slots emptied since the beginning; both by Atomics. */
  readonly counts: Int32Array;
  /** Bytes in each slot, or `endMark`. */
  readonly sizes: Int32Array;
  readonly slots: Uint8Array;
}

const filled = 0;
const emptied = 1;
const endMark = -1;

/** To wake the other thread costs some 50 µs. */
const slotBytes = 1 << 20;
const slotCount = 2;
/** The other thread is gone, or the machine stands still. */
const patienceMs = 120_000;

export function createRing(): SharedRing {
  return {
    counts: new Int32Array(new SharedArrayBuffer(8)),
    sizes: new Int32Array(new SharedArrayBuffer(slotCount * 4)),
    slots: new Uint8Array(new SharedArrayBuffer(slotCount * slotBytes)),
  };
}

/** The side that fills slots. */
export class RingWriter {
  readonly #ring: SharedRing;
  #count = 0;
  #offset = 0;

  constructor(ring: SharedRing) {
    this.#ring = ring;
  }

  /** Copies the bytes in. Full slots go on their way; where none is free this waits for one. */
  add(bytes: Uint8Array): void {
    const { slots } = this.#ring;
    for (let done = 0; done < bytes.length; ) {
      const count = Math.min(bytes.length - done, slotBytes - this.#offset);
      const part = count === bytes.length ? bytes : bytes.subarray(done, done + count);
      slots.set(part, (this.#count % slotCount) * slotBytes + this.#offset);
      this.#offset += count;
      done += count;
      if (this.#offset === slotBytes) this.#pass(slotBytes);
    }
  }

  /** Passes on what there is; nothing may be added after that. */
  end(): void {
    if (this.#offset > 0) this.#pass(this.#offset);
    this.#pass(endMark);
  }

  #pass(size: number): void {
    const { counts, sizes } = this.#ring;
    sizes[this.#count % slotCount] = size;
    this.#offset = 0;
    Atomics.store(counts, filled, ++this.#count);
    Atomics.notify(counts, filled);
    if (size !== endMark) this.#waitForRoom(counts);
  }

  #waitForRoom(counts: Int32Array): void {
    for (;;) {
      const done = Atomics.load(counts, emptied);
      if (this.#count - done < slotCount) return;
      if (Atomics.wait(counts, emptied, done, patienceMs) === 'timed-out')
        throw new Error('the thread that reads does not go on');
    }
  }
}

/** Shows the bytes to `take`, slot by slot and not for longer than the call, until the writer ends. */
export function readRing({ counts, sizes, slots }: SharedRing, take: (bytes: Uint8Array) => void): void {
  for (let count = 0; ; ) {
    while (Atomics.load(counts, filled) === count) Atomics.wait(counts, filled, count);
    const slot = count % slotCount;
    const size = sizes[slot]!;
    if (size === endMark) return;
    take(slots.subarray(slot * slotBytes, slot * slotBytes + size));
    Atomics.store(counts, emptied, ++count);
    Atomics.notify(counts, emptied);
  }
}
