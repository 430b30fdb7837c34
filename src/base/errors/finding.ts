/**
 * What a check returns instead of throwing: bad data is a result of a check, not a failure of it.
 * `code` is stable kebab-case within its area ("page-unreachable", "revision-order").
 */
export interface Finding {
  readonly severity: 'ok' | 'warn' | 'fail';
  readonly code: string;
  /** One sentence: what is wrong (or right), with the numbers. */
  readonly message: string;
  /** Where: page id, bucket, key in hex, byte offset. Never a value. */
  readonly where?: Readonly<Record<string, string | number>>;
}
