/**
 * JSON as kubectl prints it: members in byte order of their names, Go's escapes, no digit lost.
 *
 * Source: Go encoding/json; k8s.io/cli-runtime pkg/printers/json.go (0.36.2).
 */
import { compareBytes, utf8 } from '../../base/index.ts';
import { formatGoJsonString } from '../mvcc/index.ts';
import type { JsonObject, JsonValue } from './json-value.ts';

/** Formats a value. `indent` is what each level is indented by (kubectl: four spaces); empty for one line. */
export function formatKubernetesJson(value: JsonValue, indent = ''): string {
  return formatValue(value, indent, indent === '' ? '' : '\n');
}

function formatValue(value: JsonValue, indent: string, newLine: string): string {
  if (typeof value === 'string') return formatGoJsonString(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return formatNumber(value);
  if (value === null || typeof value === 'boolean') return String(value);
  const inner = newLine + indent;
  if (Array.isArray(value)) {
    return enclose(
      '[',
      value.map((item) => inner + formatValue(item, indent, inner)),
      newLine,
      ']',
    );
  }
  const colon = newLine === '' ? ':' : ': ';
  const members = sortedNames(value).map(
    (name) => inner + formatGoJsonString(name) + colon + formatValue(value[name]!, indent, inner),
  );
  return enclose('{', members, newLine, '}');
}

function enclose(open: string, items: readonly string[], newLine: string, close: string): string {
  return items.length === 0 ? open + close : open + items.join(',') + newLine + close;
}

/** Go writes exponents of one digit as `1e-7` too, and -0 as `-0`. */
function formatNumber(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** The names of an object's members as Go sorts them: by their UTF-8 bytes. */
export function sortedNames(object: JsonObject): string[] {
  return Object.keys(object).sort(compareNames);
}

function compareNames(a: string, b: string): number {
  // Code units order as UTF-8 bytes do unless surrogates meet what lies above them.
  if (surrogate.test(a) || surrogate.test(b)) return compareBytes(utf8(a), utf8(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

const surrogate = /[\ud800-\udfff]/;
