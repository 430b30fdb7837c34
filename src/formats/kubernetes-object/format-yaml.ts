/**
 * YAML as kubectl prints it: names in byte order, items of a list at the indentation of its name, texts of several
 * lines as blocks, and quotes wherever a reader of YAML 1.1 or 1.2 would see anything but that text. Lines are not
 * folded and no digit is lost.
 *
 * Source: sigs.k8s.io/yaml 1.6 (goyaml.v2), YAML 1.1 type repository, YAML 1.2.2 section 10.3.
 */
import { sortedNames } from './format-json.ts';
import type { JsonObject, JsonValue } from './json-value.ts';

/** Formats a value as one document, with a line feed at its end and without `---`. */
export function formatKubernetesYaml(value: JsonValue): string {
  const lines: string[] = [];
  if (isNested(value)) writeNested(lines, value, '', '');
  else writeScalar(lines, '', value, '');
  return `${lines.join('\n')}\n`;
}

type Nested = JsonValue[] | JsonObject;

/** Whether it takes lines of its own: empty lists and objects do not. */
function isNested(value: JsonValue): value is Nested {
  if (value === null || typeof value !== 'object') return false;
  return Array.isArray(value) ? value.length > 0 : Object.keys(value).length > 0;
}

/** `first` stands before the first line in place of the indentation. */
function writeNested(lines: string[], value: Nested, indent: string, first: string): void {
  let lead = first;
  if (Array.isArray(value)) {
    for (const item of value) {
      if (isNested(item)) writeNested(lines, item, `${indent}  `, `${lead}- `);
      else writeScalar(lines, `${lead}- `, item, indent);
      lead = indent;
    }
    return;
  }
  for (const name of sortedNames(value)) {
    writeMember(lines, name, value[name]!, indent, lead);
    lead = indent;
  }
}

function writeMember(lines: string[], name: string, value: JsonValue, indent: string, lead: string): void {
  let start = `${lead}${formatInline(name)}:`;
  if (name.length > longestPlainName) {
    lines.push(`${lead}? ${formatInline(name)}`);
    start = `${indent}:`;
  }
  if (!isNested(value)) {
    writeScalar(lines, `${start} `, value, indent);
    return;
  }
  lines.push(start);
  const inner = Array.isArray(value) ? indent : `${indent}  `;
  writeNested(lines, value, inner, inner);
}

/** Readers look no further than 1024 characters for the colon after a name. */
const longestPlainName = 128;

function writeScalar(lines: string[], lead: string, value: JsonValue, indent: string): void {
  if (typeof value !== 'string' || !isBlock(value)) {
    lines.push(lead + formatInline(value));
    return;
  }
  const ending = /\n*$/.exec(value)![0].length;
  lines.push(`${lead}|${ending === 0 ? '-' : ending === 1 ? '' : '+'}`);
  const text = ending === 0 ? value : value.slice(0, -1);
  for (const line of text.split('\n')) lines.push(line === '' ? '' : `${indent}  ${line}`);
}

/** Several lines that survive as they are: nothing invisible, and nothing that would be taken for indentation. */
function isBlock(text: string): boolean {
  return text.includes('\n') && !/^[\s]/.test(text) && !/[ \t](\n|$)/.test(text) && !unprintable.test(text);
}

/** Also what a reader takes for a line break, or drops: NEL, LS, PS and the byte order mark. */
const unprintable = /[^\n\t\x20-\x7e\xa0-\u2027\u202a-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u;

function formatInline(value: JsonValue): string {
  if (typeof value === 'string') return formatText(value);
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (value === null || typeof value !== 'object') return String(value);
  return Array.isArray(value) ? '[]' : '{}';
}

function formatText(text: string): string {
  if (text.includes('\n') || text.includes('\t') || unprintable.test(text)) return doubleQuoted(text);
  if (looksLikeOther.some((pattern) => pattern.test(text))) return `"${text}"`;
  if (needsQuotes.test(text)) return `'${text.replaceAll("'", "''")}'`;
  return text;
}

/** Escapes of JSON are those of YAML; what JSON lets through unescaped is escaped as well. */
function doubleQuoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Texts that some reader takes for null, a boolean, a number, a time, or a merge of another node. */
const looksLikeOther: readonly RegExp[] = [
  /^$|^~$|^null$/i,
  /^(y|n|yes|no|on|off|true|false)$/i,
  /^[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-f_]+)$/i,
  /^[-+]?(\.[0-9_]*|[0-9][0-9_]*(\.[0-9_]*)?)(e[-+]?[0-9_]+)?$/i,
  // To some readers an exponent alone is a number.
  /^[-+]?e[-+]?[0-9_]+$/i,
  /^[-+]?\.(inf|nan)$/i,
  /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/,
  /^\d{4}-\d\d?-\d\d?([Tt ].*)?$/,
  /^(=|<<)$/,
];

/** A sign at the start that begins something else, blanks at the ends, and what would end the text within. */
const needsQuotes = /^[,[\]{}#&*!|>'"%@`]|^[-?:]( |$)|^(---|\.\.\.)|^ | $|: |:$| #/;
