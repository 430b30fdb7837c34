/**
 * JSON as Go's encoding/json writes it: fields in the order given, no spaces, bytes in base64, `<`, `>`, `&` escaped,
 * 64-bit numbers in full. Source of the fact: Go encoding/json (Marshal, EscapeHTML on), tried with etcdctl 3.5–3.7.
 */
import { formatBase64 } from '../../base/index.ts';

export type GoJson =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly GoJson[]
  | { readonly [field: string]: GoJson | undefined };

/** Fields that are undefined are left out; everything else is written, empty or not. */
export function formatGoJson(value: GoJson): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return formatString(value);
  if (typeof value !== 'object') return value.toString();
  if (value instanceof Uint8Array) return `"${formatBase64(value)}"`;
  if (isList(value)) return `[${value.map(formatGoJson).join(',')}]`;
  const fields = Object.entries(value).filter((field): field is [string, GoJson] => field[1] !== undefined);
  return `{${fields.map(([name, item]) => `${formatString(name)}:${formatGoJson(item)}`).join(',')}}`;
}

function isList(value: object): value is readonly GoJson[] {
  return Array.isArray(value);
}

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
};

function formatString(text: string): string {
  const escaped = text.replace(/["\\<>&\u2028\u2029\u0000-\u001f]/g, (character) => {
    return shortEscapes[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

/** Go's `omitempty`: a field that is zero, empty or false is left out. */
export function unlessZero<T extends bigint | number | boolean | string | Uint8Array>(
  value: T,
): T | undefined {
  if (value instanceof Uint8Array || typeof value === 'string') return value.length === 0 ? undefined : value;
  return value === 0 || value === 0n || value === false ? undefined : value;
}

/** `omitempty` for a list. */
export function unlessEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}
