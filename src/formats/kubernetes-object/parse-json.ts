/**
 * JSON as it lies in etcd: custom resources, and raw pieces inside built-in objects. No digit of a number is lost,
 * and no text is deep enough to exhaust the stack of whoever walks its value.
 */
import type { JsonObject, JsonValue } from './json-value.ts';

/** Real objects have a dozen levels. */
export const jsonDepthLimit = 500;

/** Why a text is no usable JSON. */
export type JsonFault = 'not valid JSON' | 'nested too deeply';

interface ReviverContext {
  readonly source?: string;
}

/**
 * Parses bytes; gives the value, or why there is none. Bytes that are not UTF-8 read as U+FFFD. A fraction beyond the
 * range of a double is no JSON to the API server either.
 */
export function parseJsonBytes(
  bytes: Buffer,
  start: number,
  end: number,
): { readonly value: JsonValue } | { readonly fault: JsonFault } {
  // A level takes two bytes.
  if (end - start > 2 * jsonDepthLimit && isTooDeep(bytes, start, end)) return { fault: 'nested too deeply' };
  const text = bytes.toString('utf8', start, end);
  try {
    const isExact = !unsafeNumber.test(text);
    return { value: (isExact ? JSON.parse(text) : JSON.parse(text, exactNumbers)) as JsonValue };
  } catch {
    // The parser's own message would quote the value.
    return { fault: 'not valid JSON' };
  }
}

/**
 * Digits beyond those of 2^53 right where a number may begin, or an exponent that may be beyond those of a double;
 * inside a text it does no harm.
 */
const unsafeNumber = /(?:^|[:,[\s])-?\d(?:\d{15}|[\d.]*[eE]\+?\d{3})/;

/** Whether brackets outside of strings open more often than the limit allows. */
function isTooDeep(bytes: Buffer, start: number, end: number): boolean {
  let depth = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === 0x22) i = endOfString(bytes, i + 1, end);
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > jsonDepthLimit) return true;
    } else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return false;
}

/** Where the string that began before `start` ends: its closing quote, or the end of everything. */
function endOfString(bytes: Buffer, start: number, end: number): number {
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === 0x22) return i;
    if (byte === 0x5c) i++;
  }
  return end;
}

function exactNumbers(_name: string, value: unknown, context?: ReviverContext): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  if (source !== undefined && /^-?\d+$/.test(source)) return BigInt(source);
  if (!Number.isFinite(value)) throw new RangeError('a number beyond the range of a double');
  return value;
}

/** Sets a member, whatever its name: an assignment to `__proto__` would not make one. */
export function setMember(object: JsonObject, name: string, value: JsonValue): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  } else object[name] = value;
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
