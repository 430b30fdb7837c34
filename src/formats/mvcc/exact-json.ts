/**
 * JSON with 64-bit integers, as etcd stores it: member ids pass 2^53 and must never become doubles.
 *
 * Source: Go encoding/json; etcd server/storage/schema/membership.go (3.6.14).
 */
import { recordInvalid } from './record-fault.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** No JSON record of etcd comes near this size; a larger one is damage. */
const sizeLimitBytes = 1 << 20;

interface ReviverContext {
  readonly source?: string;
}

function exactIntegers(_key: string, value: unknown, context?: ReviverContext): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || source === undefined || !/^-?\d{1,20}$/.test(source)) return value;
  return BigInt(source);
}

/** Parses a JSON record: integers become bigint, other numbers stay numbers. Throws RECORD_INVALID. */
export function decodeExactJson(bytes: Uint8Array, record: string): unknown {
  if (bytes.length > sizeLimitBytes) throw recordInvalid(record, `JSON of ${bytes.length} bytes is too long`);
  try {
    return JSON.parse(decoder.decode(bytes), exactIntegers) as unknown;
  } catch {
    // The parser's own message would quote the record.
    throw recordInvalid(record, 'not valid JSON');
  }
}

/** A JSON value as an object, or RECORD_INVALID. */
export function jsonObject(value: unknown, record: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw recordInvalid(record, 'not a JSON object');
}

/** A u64 member of a JSON value, or RECORD_INVALID. */
export function jsonUint64(value: unknown, record: string): bigint {
  if (typeof value === 'bigint' && value >= 0n && value <= 0xffff_ffff_ffff_ffffn) return value;
  throw recordInvalid(record, 'a number that should be an unsigned 64-bit integer is not');
}

/** A list inside a JSON value; absent and null are the empty list, as in Go. */
export function jsonList<T>(value: unknown, record: string, item: (value: unknown) => T): readonly T[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw recordInvalid(record, 'a JSON list is missing');
  return value.map((element) => item(element));
}

export function jsonString(value: unknown, record: string): string {
  if (typeof value === 'string') return value;
  throw recordInvalid(record, 'a JSON string is missing');
}

/** A text as Go's encoder writes it: also `<`, `>`, `&`, U+2028 and U+2029 escaped. */
export function formatGoJsonString(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
