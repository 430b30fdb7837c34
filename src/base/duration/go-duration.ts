/** Source of the fact: Go's time package (ParseDuration). */
const millisecondsOf: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const durationPart = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;

/** Milliseconds of "300ms", "1.5h" or "2h45m"; undefined for anything else. Only "0" needs no unit. */
export function parseGoDuration(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1;
  const body = text.replace(/^[+-]/, '');
  if (body === '0') return 0;
  let total = 0;
  let end = 0;
  while (end < body.length) {
    durationPart.lastIndex = end;
    const match = durationPart.exec(body);
    if (match === null) return undefined;
    total += Number(match[1]) * millisecondsOf[match[2]!]!;
    end = durationPart.lastIndex;
  }
  return end === 0 ? undefined : sign * total;
}
