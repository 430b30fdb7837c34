/**
 * JSON that keeps 64-bit numbers: a bigint is written as `{"$bigint":"5"}`. For journals and between hosts; what
 * users read has decimal strings.
 */
export function formatExact(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'bigint' ? { $bigint: part.toString() } : part,
  );
}

/** Throws SyntaxError. */
export function parseExact(text: string): unknown {
  return JSON.parse(text, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || !('$bigint' in part)) return part;
    return BigInt(String(part.$bigint));
  });
}
