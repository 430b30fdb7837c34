import type { JsonObject, JsonValue } from '../../../formats/kubernetes-object/index.ts';

/** A copy without some members; the same object when it has none of them. */
export function without(object: JsonObject, names: readonly string[]): JsonObject {
  if (!names.some((name) => Object.hasOwn(object, name))) return object;
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

/** A copy with one member changed, if that is an object. */
export function changeMember(
  object: JsonObject,
  name: string,
  change: (member: JsonObject) => JsonObject,
): JsonObject {
  const member = object[name];
  if (!isJsonObject(member)) return object;
  const changed = change(member);
  return changed === member ? object : { ...object, [name]: changed };
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
