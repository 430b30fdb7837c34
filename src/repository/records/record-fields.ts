import { formatHex, parseHex, utf8 } from '../../base/index.ts';
import { type JsonObject, type JsonValue, parseVersioned, textField } from '../encoding/index.ts';
import { damaged } from '../failures.ts';

/** Fields that this version does not know, as they were read: they are written again. */
export interface Extensible {
  readonly unknown?: JsonObject;
}

/** The fields of an object that are not among these. */
export function unknownFields(object: JsonObject, known: readonly string[]): JsonObject | undefined {
  const rest = Object.entries(object).filter(([name]) => name !== 'formatVersion' && !known.includes(name));
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}

/** An object without the fields that have no value. */
export function present(fields: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined),
  );
}

/** The content of a small object of the format's version 1. */
export function encodeFields(fields: JsonObject, unknown: JsonObject | undefined): Uint8Array {
  return utf8(JSON.stringify({ ...unknown, formatVersion: 1, ...fields }));
}

export function decodeFields(content: Uint8Array, what: string): JsonObject {
  return parseVersioned(content, what);
}

/** A number up to 2⁶⁴ − 1, or −1, written as digits. */
export function bigField(object: JsonObject, name: string, what: string): bigint {
  const text = textField(object, name, what);
  if (!/^-?\d{1,20}$/.test(text)) throw damaged(what, `has a ${name} that is no number`);
  return BigInt(text);
}

export function optionalText(object: JsonObject, name: string, what: string): string | undefined {
  return object[name] === undefined ? undefined : textField(object, name, what);
}

/** A content's id in hex. */
export function formatId(id: Uint8Array): string {
  return formatHex(id);
}

export function parseId(value: JsonValue | undefined, name: string, what: string): Uint8Array {
  if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) throw damaged(what, `has no id as ${name}`);
  return parseHex(value);
}

export function objectList(object: JsonObject, name: string, what: string): readonly JsonObject[] {
  const value = object[name];
  const isObject = (item: JsonValue) => typeof item === 'object' && item !== null && !Array.isArray(item);
  if (!Array.isArray(value) || !value.every(isObject)) throw damaged(what, `has no ${name}`);
  return value as readonly JsonObject[];
}

export function booleanField(object: JsonObject, name: string, what: string): boolean {
  const value = object[name];
  if (typeof value !== 'boolean') throw damaged(what, `has no ${name}`);
  return value;
}
