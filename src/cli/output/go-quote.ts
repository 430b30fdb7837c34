/**
 * Bytes as Go's `%q` quotes a string: valid UTF-8 that is printable stays, the rest is escaped.
 * Source of the fact: Go strconv.Quote and strconv.IsPrint (letters, marks, numbers, punctuation, symbols and the
 * plain space); tried with `etcdctl -w fields`.
 */
import { utf8 } from '../../base/index.ts';

const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** A text or the bytes of one, in double quotes. */
export function formatGoQuoted(value: string | Uint8Array): string {
  const bytes = typeof value === 'string' ? utf8(value) : value;
  let quoted = '"';
  for (let offset = 0; offset < bytes.length; ) {
    const length = sequenceLength(bytes, offset);
    const character = length === 0 ? undefined : decodeOne(bytes.subarray(offset, offset + length));
    quoted += character === undefined ? hexEscape(bytes[offset]!) : quoteCharacter(character);
    offset += character === undefined ? 1 : length;
  }
  return `${quoted}"`;
}

/** Length that the first byte of a UTF-8 sequence announces; 0 when it cannot begin one. */
function sequenceLength(bytes: Uint8Array, offset: number): number {
  const first = bytes[offset]!;
  const length =
    first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  return offset + length <= bytes.length ? length : 0;
}

function decodeOne(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function quoteCharacter(character: string): string {
  const short = shortEscapes[character];
  if (short !== undefined) return short;
  if (printable.test(character)) return character;
  const code = character.codePointAt(0)!;
  if (code < 0x80) return hexEscape(code);
  return code > 0xffff
    ? `\\U${code.toString(16).padStart(8, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

function hexEscape(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}
