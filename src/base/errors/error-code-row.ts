/** A row of the table of error codes. */
export interface ErrorCodeRow {
  readonly exitStatus: 1 | 2 | 3 | 4 | 5 | 6 | 130;
  /** One line, lower case: what this code means wherever it is seen. */
  readonly meaning: string;
  /** One sentence: what the operator can do next. */
  readonly hint: string;
}
