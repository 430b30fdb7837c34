/**
 * Words as bytes. A word is text, but a quoted one in a transaction may name any byte (`"\xff"`): such a byte travels
 * as a lone surrogate, U+DC80 for 0x80, which no text contains.
 */
import { utf8 } from '../../base/index.ts';

/** The bytes of a word: UTF-8, and what a quoted word escaped. */
export function wordBytes(word: string): Uint8Array {
  if (!/[\udc80-\udcff]/.test(word)) return utf8(word);
  const parts = Array.from(word, (character) => {
    const code = character.codePointAt(0)!;
    return code >= 0xdc80 && code <= 0xdcff ? new Uint8Array([code & 0xff]) : utf8(character);
  });
  return new Uint8Array(Buffer.concat(parts));
}

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

const escape =
  /\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|([0-3][0-7]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]?))/g;

/** The word in a Go string literal, double-quoted or in backquotes; undefined when it is none. */
export function unquoteGo(literal: string): string | undefined {
  const body = literal.slice(1, -1);
  if (literal.length >= 2 && literal.startsWith('`') && literal.endsWith('`')) return body;
  if (!/^"(?:[^"\\]|\\.)*"$/s.test(literal)) return undefined;
  const faults: string[] = [];
  const word = body.replace(
    escape,
    (whole, simple?: string, hex?: string, octal?: string, u4?: string, u8?: string) => {
      if (simple !== undefined) return simpleEscapes[simple]!;
      if (hex !== undefined) return rawByte(parseInt(hex, 16));
      if (octal !== undefined) return rawByte(parseInt(octal, 8));
      const code = parseInt(u4 ?? u8 ?? '110000', 16);
      if (code <= 0x10ffff && (code < 0xd800 || code >= 0xe000)) return String.fromCodePoint(code);
      faults.push(whole);
      return whole;
    },
  );
  return faults.length > 0 ? undefined : word;
}

function rawByte(byte: number): string {
  return String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);
}
