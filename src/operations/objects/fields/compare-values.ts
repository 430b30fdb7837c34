import {
  formatKubernetesJson,
  type JsonObject,
  type JsonValue,
} from '../../../formats/kubernetes-object/index.ts';

/** Where a field is: names of members and indexes of items, from the outside in. */
export type FieldPath = readonly (string | number)[];

/** A field that is not the same in two objects. What was added or removed whole is one change. */
export type FieldChange =
  | { readonly change: 'added'; readonly path: FieldPath; readonly after: JsonValue }
  | { readonly change: 'removed'; readonly path: FieldPath; readonly before: JsonValue }
  | {
      readonly change: 'changed';
      readonly path: FieldPath;
      readonly before: JsonValue;
      readonly after: JsonValue;
    };

/**
 * The fields that differ, in the order of the members of `before`, then of what `after` has more. Lists are compared
 * item by item between their equal beginning and their equal end; items that one list has more are added or removed:
 * the index of an added item is that in `after`, all others are those in `before`. Values are shared with the objects.
 */
export function compareValues(before: JsonValue, after: JsonValue): FieldChange[] {
  const changes: FieldChange[] = [];
  compareInto(changes, [], before, after);
  return changes;
}

function compareInto(changes: FieldChange[], path: FieldPath, before: JsonValue, after: JsonValue): void {
  if (before === after) return;
  if (Array.isArray(before) && Array.isArray(after)) compareLists(changes, path, before, after);
  else if (isObject(before) && isObject(after)) compareObjects(changes, path, before, after);
  else changes.push({ change: 'changed', path, before, after });
}

function compareObjects(
  changes: FieldChange[],
  path: FieldPath,
  before: JsonObject,
  after: JsonObject,
): void {
  for (const [name, value] of Object.entries(before)) {
    const inner = [...path, name];
    if (Object.hasOwn(after, name)) compareInto(changes, inner, value, after[name]!);
    else changes.push({ change: 'removed', path: inner, before: value });
  }
  for (const [name, value] of Object.entries(after)) {
    if (!Object.hasOwn(before, name)) changes.push({ change: 'added', path: [...path, name], after: value });
  }
}

function compareLists(
  changes: FieldChange[],
  path: FieldPath,
  before: readonly JsonValue[],
  after: readonly JsonValue[],
): void {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && isSame(before[start]!, after[start]!)) start++;
  let end = 0;
  // Of lists of the same length each item stays in its place.
  if (before.length !== after.length) {
    while (end < shorter - start && isSame(before.at(-1 - end)!, after.at(-1 - end)!)) end++;
  }
  for (let index = start; index < shorter - end; index++) {
    compareInto(changes, [...path, index], before[index]!, after[index]!);
  }
  for (let index = shorter - end; index < before.length - end; index++) {
    changes.push({ change: 'removed', path: [...path, index], before: before[index]! });
  }
  for (let index = shorter - end; index < after.length - end; index++) {
    changes.push({ change: 'added', path: [...path, index], after: after[index]! });
  }
}

/** Whether two values are the same; the order of members means nothing. */
export function isSame(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => isSame(item, b[index]!));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => Object.hasOwn(b, name) && isSame(a[name]!, b[name]!));
}

function isObject(value: JsonValue): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** As kubectl's JSONPath has it: `.spec.ports[0].port`, `.metadata.labels['app.kubernetes.io/name']`. */
export function formatFieldPath(path: FieldPath): string {
  const parts = path.map((part) => {
    if (typeof part === 'number') return `[${part}]`;
    if (/^[A-Za-z_][\w-]*$/.test(part)) return `.${part}`;
    return `['${formatKubernetesJson(part).slice(1, -1).replaceAll("'", "\\'")}']`;
  });
  return parts.join('');
}
