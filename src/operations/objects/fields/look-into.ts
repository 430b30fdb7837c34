/** Looking into an object that may lack anything. */
import type { JsonObject, JsonValue } from '../../../formats/kubernetes-object/index.ts';

/** What lies at a path of names with dots; undefined where there is nothing. */
export function at(value: JsonValue | undefined, path: string): JsonValue | undefined {
  let here: JsonValue | undefined = value;
  for (const name of namesIn(path)) {
    if (!isObject(here) || !Object.hasOwn(here, name)) return undefined;
    here = here[name];
  }
  return here;
}

/** Paths are those that this program has in its text: few, and asked for with every object. */
const namesByPath = new Map<string, readonly string[]>();

function namesIn(path: string): readonly string[] {
  const known = namesByPath.get(path);
  if (known !== undefined) return known;
  const names = path.split('.');
  namesByPath.set(path, names);
  return names;
}

export function textAt(value: JsonValue | undefined, path: string): string {
  return textOf(at(value, path));
}

/** A text, number or switch as text; the empty text for anything else. */
export function textOf(value: JsonValue | undefined): string {
  return value === undefined || value === null || typeof value === 'object' ? '' : String(value);
}

/** A number; 0 where there is none. */
export function countAt(value: JsonValue | undefined, path: string): number {
  const found = at(value, path);
  return typeof found === 'number' || typeof found === 'bigint' ? Number(found) : 0;
}

export function listAt(value: JsonValue | undefined, path: string): readonly JsonValue[] {
  const found = at(value, path);
  return Array.isArray(found) ? found : [];
}

export function objectAt(value: JsonValue | undefined, path: string): JsonObject {
  const found = at(value, path);
  return isObject(found) ? found : {};
}

export function sizeAt(value: JsonValue | undefined, path: string): number {
  return Object.keys(objectAt(value, path)).length;
}

/** The state of a condition: `True`, `False`, `Unknown`; undefined where it is not there. */
export function conditionOf(object: JsonObject, type: string): string | undefined {
  const found = listAt(object, 'status.conditions').find((one) => textAt(one, 'type') === type);
  return found === undefined ? undefined : textAt(found, 'status');
}

/** The text, or what kubectl writes where there is none. */
export function orNone(text: string, none = '<none>'): string {
  return text === '' ? none : text;
}

/** The first of a list and how many more there are, as kubectl cuts long lists. */
export function cutList(items: readonly string[], most: number): string {
  const shown = items.slice(0, most).join(',');
  return items.length > most ? `${shown} + ${items.length - most} more...` : shown;
}

/** `a=1,b in (x,y)`: a label selector as text; `<none>` for an empty one. */
export function selectorText(selector: JsonObject): string {
  const labels = labelsText(objectAt(selector, 'matchLabels'));
  const expressions = listAt(selector, 'matchExpressions').map((one) => {
    const key = textAt(one, 'key');
    const values = listAt(one, 'values').map(textOf).toSorted().join(',');
    const operator = textAt(one, 'operator');
    if (operator === 'In') return `${key} in (${values})`;
    if (operator === 'NotIn') return `${key} notin (${values})`;
    return operator === 'Exists' ? key : `!${key}`;
  });
  return orNone([labels, ...expressions].filter((part) => part !== '').join(','));
}

export function labelsText(labels: JsonObject): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${textOf(value)}`)
    .toSorted()
    .join(',');
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
