/** A value read from a file, and the line that it stands on, counted from 1. */
export interface Located<T> {
  readonly value: T;
  readonly line: number;
}
