/**
 * What JSON has is decided by Go's types, not by the wire: scalars that cannot be nil are always on the wire and are
 * left out of JSON when empty; pointers are on the wire when they are set, and then are in JSON even when empty;
 * structs that cannot be nil are always in JSON.
 *
 * Source: Go encoding/json; k8s.io/api generated.pb.go (0.36.2); k8s.io/apiextensions-apiserver
 * pkg/apis/apiextensions/v1/marshal.go (0.36.2).
 */
import type { FieldSchema, MessageSchema } from './field-schema.ts';
import type { JsonObject, JsonValue } from './json-value.ts';

/** Whether a wire type can be a field's. Lists of numbers may be packed. */
export function fits(field: FieldSchema, wireType: number): boolean {
  switch (field.type) {
    case 'b':
    case 'i':
    case 'l':
      return wireType === 0 || (wireType === 2 && field.shape === 'list');
    case 'd':
      return wireType === 1 || (wireType === 2 && field.shape === 'list');
    default:
      return wireType === 2;
  }
}

/** Whether Go leaves a value out that was on the wire: empty, and neither a pointer nor always written. */
export function isLeftOut(field: FieldSchema, value: JsonValue): boolean {
  if (field.pointer || field.always) return false;
  if (field.omitZero) return value === null;
  return value === '' || value === 0 || value === false;
}

/** Adds what JSON has although the wire had nothing. */
export function fill(target: JsonObject, field: FieldSchema): void {
  if (field.inline) {
    for (const inner of field.message().filled) fill(target, inner);
  } else if (target[field.name] === undefined) target[field.name] = absentValue(field);
}

function absentValue(field: FieldSchema): JsonValue {
  if (field.pointer || field.shape !== 'single' || field.type === 'y') return null;
  return zeroValue(field);
}

/** The JSON of a zero value of the field's type, as an element or as a single field that cannot be nil. */
export function zeroValue(field: FieldSchema): JsonValue {
  switch (field.type) {
    case 's':
    case 'y':
      return '';
    case 'b':
      return false;
    case 'i':
    case 'l':
    case 'd':
    case 'I':
      return 0;
    case 'D':
      return '0s';
    case 'Q':
      return '0';
    case 'm':
      return zeroMessage(field.message());
    default:
      return null;
  }
}

function zeroMessage(schema: MessageSchema): JsonValue {
  const target: JsonObject = {};
  for (const field of schema.filled) fill(target, field);
  return schema.form === 'object' ? target : formOfMembers(schema, target);
}

/** The JSON of a message that is not written as an object. */
export function formOfMembers(schema: MessageSchema, members: JsonObject): JsonValue {
  switch (schema.form) {
    case 'object':
      return members;
    case 'list':
      return members[''] ?? null;
    case 'schema-or-bool':
      return members['Schema'] ?? members['Allows'] === true;
    case 'schema-or-array':
      return members['JSONSchemas'] ?? members['Schema'] ?? null;
    case 'schema-or-strings':
      return members['Property'] ?? members['Schema'] ?? null;
  }
}
