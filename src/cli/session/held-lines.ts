/**
 * Lines that are only worth reading beside a result. With `-w json` they wait for it: a failure prints its document on
 * standard error and nothing else, and the log file has them in any case.
 */
export class HeldLines {
  readonly #write: (line: string) => void;
  #held: string[] | undefined;

  constructor(isHolding: boolean, write: (line: string) => void) {
    this.#write = write;
    this.#held = isHolding ? [] : undefined;
  }

  /** Takes a line with its line feed. */
  add(line: string): void {
    if (this.#held === undefined) this.#write(line);
    else this.#held.push(line);
  }

  /** There is a result: what waited is written, and what follows at once. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const line of held) this.#write(line);
  }
}
