/**
 * Values as Go's command lines spell them, because scripts written for etcdctl spell them so.
 * Source of the fact: Go's strconv (ParseBool, ParseInt with base 0) and time (Duration.String).
 */

const trueWords = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const falseWords = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** `true`, `t`, `1`, …; undefined for anything else. */
export function parseGoBool(text: string): boolean | undefined {
  if (trueWords.has(text)) return true;
  return falseWords.has(text) ? false : undefined;
}

/** A signed 64-bit integer: decimal, 0x, 0o, 0b or a leading 0 for octal, digits grouped by single `_`. */
export function parseGoInteger(text: string): bigint | undefined {
  const match = /^([+-]?)(0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|0[0-7_]*|[1-9][0-9_]*)$/.exec(text);
  if (match === null || /__|_$/.test(text)) return undefined;
  const [, sign, digits] = match as unknown as [string, string, string];
  const plain = digits.replaceAll('_', '').toLowerCase();
  const octal = /^0[0-7]+$/.test(plain);
  return within64Bits(BigInt(octal ? `0o${plain.slice(1)}` : plain) * (sign === '-' ? -1n : 1n));
}

/** A signed 64-bit integer in one base, with nothing but digits: how etcdctl reads arguments. */
export function parsePlainInteger(text: string, base: 10 | 16): bigint | undefined {
  const match = /^([+-]?)([0-9a-fA-F]+)$/.exec(text);
  if (match === null || (base === 10 && /[a-fA-F]/.test(text))) return undefined;
  const [, sign, digits] = match as unknown as [string, string, string];
  return within64Bits(BigInt(base === 16 ? `0x${digits}` : digits) * (sign === '-' ? -1n : 1n));
}

/** An unsigned 64-bit id in hex, without a prefix: how etcdctl reads the ids of members. */
export function parseHexId(text: string): bigint | undefined {
  if (!/^[0-9a-fA-F]+$/.test(text)) return undefined;
  const id = BigInt(`0x${text}`);
  return BigInt.asUintN(64, id) === id ? id : undefined;
}

function within64Bits(value: bigint): bigint | undefined {
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

/** A duration as Go prints it: "1.813191ms", "998.8µs", "2.5s", "1m0.5s". Precision is a nanosecond. */
export function formatGoDuration(milliseconds: number): string {
  const nanoseconds = Math.round(milliseconds * 1e6);
  if (nanoseconds === 0) return '0s';
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${trimmed(nanoseconds / 1e3, 3)}µs`;
  if (nanoseconds < 1e9) return `${trimmed(nanoseconds / 1e6, 6)}ms`;
  const hours = Math.floor(nanoseconds / 3.6e12);
  const minutes = Math.floor((nanoseconds % 3.6e12) / 6e10);
  const seconds = trimmed((nanoseconds % 6e10) / 1e9, 9);
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

function trimmed(value: number, decimals: number): string {
  return value.toFixed(decimals).replace(/\.?0+$/, '');
}
