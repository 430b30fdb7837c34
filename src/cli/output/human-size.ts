const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];

/**
 * Bytes in SI units as etcdctl prints them: below 10 in bytes, one decimal below 10 of a unit, none above.
 * Source of the fact: go-humanize Bytes, with its rounding (1050 is "1.1 kB", 999500 is "1000 kB").
 */
export function formatHumanSize(sizeBytes: bigint | number): string {
  const size = Number(sizeBytes);
  if (size < 10) return `${size} B`;
  const exponent = Math.floor(Math.log(size) / Math.log(1000));
  const tenths = Math.floor((size / 1000 ** exponent) * 10 + 0.5);
  const number = tenths < 100 ? (tenths / 10).toFixed(1) : roundHalfToEven(tenths).toString();
  return `${number} ${units[exponent]!}`;
}

/** Tenths to whole units as Go's `%.0f` rounds: 12.5 becomes 12, 13.5 becomes 14. */
function roundHalfToEven(tenths: number): number {
  const whole = Math.floor(tenths / 10);
  const rest = tenths - whole * 10;
  return rest > 5 || (rest === 5 && whole % 2 === 1) ? whole + 1 : whole;
}
