import { damaged, unknownFormat } from '../failures.ts';
import type { JsonValue } from './canonical-json.ts';

export type JsonObject = Readonly<Record<string, JsonValue>>;

/** No plain object of a repository is larger. */
export const plainObjectLimitBytes = 1 << 20;

/** Parses an object of a version that is known here. Errors: REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN. */
export function parseVersioned(bytes: Uint8Array, what: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw damaged(what, 'is not JSON', error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw damaged(what, 'is not a JSON object');
  const object = value as JsonObject;
  const version = object['formatVersion'];
  if (version === 1) return object;
  if (typeof version === 'number' && version > 1)
    throw unknownFormat(what, `has the format version ${version}`);
  throw damaged(what, 'has no format version');
}

export function textField(object: JsonObject, name: string, what: string): string {
  const value = object[name];
  if (typeof value !== 'string') throw damaged(what, `has no ${name}`);
  return value;
}

export function numberField(object: JsonObject, name: string, what: string): number {
  const value = object[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw damaged(what, `has no ${name}`);
  return value;
}

export function listField(object: JsonObject, name: string, what: string): readonly string[] {
  const value = object[name];
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
    throw damaged(what, `has no ${name}`);
  return value;
}

export function objectField(object: JsonObject, name: string, what: string): JsonObject {
  const value = object[name];
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw damaged(what, `has no ${name}`);
  return value as JsonObject;
}

/** Bytes in base64, of a certain number when that is given. */
export function base64Bytes(text: string, name: string, what: string, length?: number): Uint8Array {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  if (Buffer.from(bytes).toString('base64') !== text || (length !== undefined && bytes.length !== length))
    throw damaged(what, `has a ${name} that is none`);
  return bytes;
}

/** An object without one of its fields. */
export function without(object: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
}
