/** Keys and values as lines for people. */
import { displayText, equalBytes, formatBase64, formatHex, utf8 } from '../../../base/index.ts';
import { formatGoQuoted } from '../../output/index.ts';

/** A key on one line: as it is when it is plain text, quoted as Go quotes when not, and as `\x61` bytes for `--hex`. */
export function keyText(key: Uint8Array, hex: boolean): string {
  if (hex) return formatHex(key).replace(/../g, '\\x$&');
  const quoted = formatGoQuoted(key);
  const plain = quoted.slice(1, -1);
  return plain !== '' && plain === displayText(key) ? plain : quoted;
}

/** A value as lines: text as it is, anything else in base64, or in hex for `--hex`. */
export function valueLines(value: Uint8Array, hex: boolean): string[] {
  if (hex) return [`hex ${formatHex(value)}`];
  const text = displayText(value);
  if (!equalBytes(utf8(text), value) || isNoText.test(text)) return [`base64 ${formatBase64(value)}`];
  return text.replace(/\n$/, '').split('\n');
}

/** What would steer a terminal. */
const isNoText = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
