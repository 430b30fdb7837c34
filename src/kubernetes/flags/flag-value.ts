/** A word of a command line; the line is that of the manifest it was read from, counted from 1. */
export interface Argument {
  readonly value: string;
  readonly line?: number;
}

/** What a flag was set to, and where. */
export interface FlagValue {
  /** Of a flag that is given more than once, the last; of one without a value, `true`. */
  readonly value: string;
  /** Line in the file that the command line was read from, counted from 1. */
  readonly line?: number;
  /** Index in the argv given, of the word that holds the flag's name. */
  readonly index: number;
  /** Every value given, in order: the list flags of Kubernetes add up. */
  readonly all: readonly string[];
}

/** Flags by name, without dashes and with `_` read as `-`. */
export type Flags = ReadonlyMap<string, FlagValue>;
