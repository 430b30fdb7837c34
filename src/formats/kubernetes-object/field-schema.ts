/** The field table in the form in which the decoder walks it: parsed message by message, when one is first needed. */
import { kindTable, messageTable } from './field-table.ts';

/** One letter a type, as in the table; `m` for another message, `-` for one that is passed over. */
export type FieldType =
  | 's'
  | 'b'
  | 'i'
  | 'l'
  | 'd'
  | 'y' // string, bool, int32, int64, double, bytes
  | 'T'
  | 'M'
  | 'D'
  | 'F'
  | 'Q'
  | 'I'
  | 'R'
  | 'J' // types with a JSON form of their own
  | 'm'
  | '-';

export interface FieldSchema {
  readonly number: number;
  /** Name in JSON; empty in a message that JSON writes as a list. */
  readonly name: string;
  readonly type: FieldType;
  readonly shape: 'single' | 'list' | 'map';
  /** May be nil: what is on the wire is written, however empty it is. */
  readonly pointer: boolean;
  /** Written even when empty. */
  readonly always: boolean;
  /** The message's fields belong to the object around it. */
  readonly inline: boolean;
  /** Left out when zero, which a value of its type otherwise is not. */
  readonly omitZero: boolean;
  /** The field's message, for type `m`. */
  message(): MessageSchema;
}

/** How JSON writes a message: as an object, as its only list, or as whichever of its fields is set. */
export type MessageForm = 'object' | 'list' | 'schema-or-bool' | 'schema-or-array' | 'schema-or-strings';

export interface MessageSchema {
  readonly name: string;
  readonly form: MessageForm;
  /** By field number; holes where there is none. */
  readonly fields: readonly (FieldSchema | undefined)[];
  /** Fields that JSON has even when the wire does not. */
  readonly filled: readonly FieldSchema[];
  /** How many objects an empty message is in JSON: itself and those that it is filled with. */
  readonly weight: number;
}

const forms: Readonly<Record<string, MessageForm>> = {
  JSONSchemaPropsOrBool: 'schema-or-bool',
  JSONSchemaPropsOrArray: 'schema-or-array',
  JSONSchemaPropsOrStringArray: 'schema-or-strings',
};

let lines: Map<string, string> | undefined;
let kinds: Map<string, string> | undefined;
const schemas = new Map<string, MessageSchema>();

/** A kind with the version that the table knows it in. */
export interface KnownKind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Every kind of the table, sorted by apiVersion and name. */
export function knownKinds(): KnownKind[] {
  return kindTable
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [apiVersion = '', kind = ''] = line.split(' ');
      return { apiVersion, kind };
    });
}

/** The message of a kind, or undefined for one that the table does not have. */
export function findKindSchema(apiVersion: string, kind: string): MessageSchema | undefined {
  kinds ??= new Map(
    kindTable.split('\n').map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, Math.max(end, 0)), line.slice(end + 1)];
    }),
  );
  const message = kinds.get(`${apiVersion} ${kind}`);
  return message === undefined ? undefined : messageSchema(message);
}

/** A message of the table by its name there. A name that it does not have is a defect of the table. */
export function messageSchema(name: string): MessageSchema {
  const known = schemas.get(name);
  if (known !== undefined) return known;
  lines ??= new Map(messageTable.split('\n').map((line) => [/^\S*/.exec(line)![0], line]));
  const line = lines.get(name);
  if (line === undefined) throw new Error(`no message ${name} in the field table`);
  const schema = parseMessage(name, line);
  schemas.set(name, schema);
  return schema;
}

function parseMessage(name: string, line: string): MessageSchema {
  const dot = name.lastIndexOf('.');
  const fields: (FieldSchema | undefined)[] = [];
  const filled: FieldSchema[] = [];
  for (const text of line.split(' ').slice(1)) {
    const field = parseField(text, name.slice(0, dot));
    while (fields.length < field.number) fields.push(undefined);
    fields.push(field);
    if (isFilled(field)) filled.push(field);
  }
  const form =
    forms[name.slice(dot + 1)] ?? (fields[1]?.name === '' && !fields[1].inline ? 'list' : 'object');
  const weight = filled.reduce((sum, field) => sum + (isZeroMessage(field) ? field.message().weight : 0), 1);
  return { name, form, fields, filled: form === 'object' ? filled : [], weight };
}

function isZeroMessage({ type, shape, pointer }: FieldSchema): boolean {
  return type === 'm' && shape === 'single' && !pointer;
}

/**
 * Go leaves a value out when it is empty, and no struct ever is: a struct that may not be nil is always there.
 */
function isFilled(field: FieldSchema): boolean {
  if (field.always) return true;
  if (field.pointer || field.shape !== 'single' || field.omitZero) return false;
  return 'TMDQIRJFm'.includes(field.type) && !(field.type === 'm' && field.message().form === 'list');
}

function parseField(text: string, ownPackage: string): FieldSchema {
  // No JSON name has a colon in it.
  const [number = '', name = '', rest = ''] = text.split(':');
  const [, pointer, list, code = '', flags = ''] = /^(\*?)(\[\]|\{\}|)([\w/.]+)([!~]*)$/.exec(rest) ?? [];
  const isMessage = code.length > 1;
  const target = code.includes('.') ? code : `${ownPackage}.${code}`;
  return {
    number: Number(number),
    name: name === '^' ? '' : name,
    type: isMessage ? 'm' : (code as FieldType),
    shape: list === '[]' ? 'list' : list === '{}' ? 'map' : 'single',
    pointer: pointer === '*',
    always: flags.includes('!'),
    inline: name === '^',
    omitZero: flags.includes('~'),
    message: () => messageSchema(target),
  };
}
