/** Who shows the story: a terminal, or nobody. */
export interface DemoStage {
  /** The name of the whole. */
  title(text: string): void;
  /** The next step begins. */
  step(title: string): void;
  /** A sentence or two for people; a no-break space keeps words together. */
  say(text: string): void;
  /** What one would do without holdfast. */
  byHand(text: string): void;
  /** A command that is not one of holdfast's: shown, and done by the story itself. */
  command(line: string): void;
  /**
   * Runs a command line of this program in the sandbox's directory and shows it with what it prints.
   * @param words without the program's name
   * @param rows which rows are shown of a table; without it, all that is printed is shown
   * Resolves with its standard output. Rejects when it does not succeed.
   */
  run(words: readonly string[], rows?: RegExp): Promise<string>;
  proof(rows: readonly DemoProof[]): void;
  /** The step is told: time to read. */
  pause(): Promise<void>;
}

/** The same question to the backup and to the cluster that came back. */
export interface DemoProof {
  readonly what: string;
  readonly inBackup: string;
  readonly inCluster: string;
}
