/**
 * Lines of standard error with `-w json`: a failure prints its document there and nothing else, so that a script can
 * parse what it gets. Lines that are only worth reading beside a result wait for it and are dropped by a failure; what
 * has to be told in any case is told inside the document. The log file has all of them.
 */
export interface Holding {
  /** Whether lines that belong to a result wait for it. */
  readonly notes: boolean;
  /** Whether what must be told waits, too: somebody who looks at a terminal is told at once. */
  readonly warnings: boolean;
}

export class HeldLines {
  readonly #write: (line: string) => void;
  readonly #holding: Holding;
  #isReleased = false;
  #held: string[] = [];
  #told: string[] = [];

  constructor(holding: Holding, write: (line: string) => void) {
    this.#holding = holding;
    this.#write = write;
  }

  /** Takes a line with its line feed. */
  add(line: string): void {
    if (this.#holding.notes && !this.#isReleased) this.#held.push(line);
    else this.#write(line);
  }

  /** Takes a line that has to be told, and how it is told in a document. */
  tell(line: string, message: string): void {
    if (!this.#holding.warnings || this.#isReleased) {
      this.#write(line);
      return;
    }
    this.#held.push(line);
    this.#told.push(message);
  }

  /** There is a result, and no failure will follow it: what waited is written, and what follows at once. */
  release(): void {
    this.#isReleased = true;
    const held = this.#held;
    this.#held = [];
    this.#told = [];
    for (const line of held) this.#write(line);
  }

  /** A part of the result is there: lines follow it at once, unless a failure may still have to stand alone. */
  resultBegins(): void {
    if (!this.#holding.warnings) this.release();
  }

  /** There is a failure: what its document has to tell besides. */
  takeTold(): readonly string[] {
    return this.#told;
  }
}
