/** From a protobuf message and its row of the field table to the JSON that the API server makes of it. */
import type { Finding } from '../../base/index.ts';
import type { FieldSchema, FieldType, MessageSchema } from './field-schema.ts';
import { fill, fits, formOfMembers, isLeftOut, zeroValue } from './json-rules.ts';
import type { JsonObject, JsonValue } from './json-value.ts';
import { isJsonObject, parseJsonBytes, setMember } from './parse-json.ts';
import { formatDuration, formatMicroTime, formatTime } from './well-known.ts';
import { malformed, WireCursor } from './wire-cursor.ts';

/** A part of a value that the field table does not know, kept as it is. */
export interface UnknownField {
  /** Of the message that holds it: `spec.containers[0]`; empty for the object itself. */
  readonly path: string;
  readonly number: number;
  readonly wireType: number;
  /** The field's value without its header: a view of the input. */
  readonly bytes: Uint8Array;
}

/** What a decoded message could not say in JSON. */
export interface DecodeNotes {
  /** How many fields the table does not know. */
  unknownFieldCount: number;
  /** The first of them. */
  readonly unknownFields: UnknownField[];
  /** The first of the things that are not as they should be. */
  readonly findings: Finding[];
}

/** Real objects have a dozen levels; a schema inside a definition has the most. */
const depthLimit = 128;
const notesLimit = 100;
/** Real objects have some thousand; without a limit two bytes could ask for a dozen objects. */
const objectLimit = 250_000;

/** Wire type of everything that has a length. */
const sized = 2;
const packable: readonly FieldType[] = ['b', 'i', 'l', 'd'];

export class MessageDecoder {
  readonly notes: DecodeNotes = { unknownFieldCount: 0, unknownFields: [], findings: [] };
  readonly #cursor: WireCursor;
  readonly #path: (string | number)[] = [];
  #objects = 0;

  /** The bytes are only read; what it hands on as bytes are views of them. */
  constructor(value: Uint8Array) {
    this.#cursor = new WireCursor(value);
  }

  /** Decodes the message between two offsets of the value. Throws RECORD_INVALID where it is malformed. */
  decode(schema: MessageSchema, start: number, end: number): JsonValue {
    this.#cursor.offset = start;
    return this.#message(schema, end);
  }

  /** Decodes the fields of a message into an object that has others already. */
  decodeInto(target: JsonObject, schema: MessageSchema, start: number, end: number): void {
    this.#cursor.offset = start;
    this.#fields(target, schema, end);
  }

  /** Decodes the metadata of an object, which is field 1 of every kind, and passes over all else. */
  decodeMetadata(target: JsonObject, schema: MessageSchema, start: number, end: number): void {
    const cursor = this.#cursor;
    cursor.offset = start;
    this.#path.push('metadata');
    while (cursor.offset < end) {
      const tag = cursor.tag(end);
      if (tag !== ((1 << 3) | sized)) cursor.skip(tag & 7, end);
      else target['metadata'] = this.#message(schema, cursor.length(end) + cursor.offset, target['metadata']);
    }
    this.#path.pop();
  }

  #message(schema: MessageSchema, end: number, previous?: JsonValue): JsonValue {
    this.#objects += schema.weight;
    if (this.#objects > objectLimit) throw malformed('too many messages', this.#cursor.offset);
    if (schema.form === 'object') {
      // A message that comes twice is one message in two halves.
      const target: JsonObject = isJsonObject(previous) ? previous : {};
      this.#fields(target, schema, end);
      return target;
    }
    const members: JsonObject = {};
    this.#fields(members, schema, end);
    return formOfMembers(schema, members);
  }

  #fields(target: JsonObject, schema: MessageSchema, end: number): void {
    const cursor = this.#cursor;
    const { fields, filled } = schema;
    while (cursor.offset < end) {
      const tag = cursor.tag(end);
      const field = fields[tag >>> 3];
      if (field === undefined || !fits(field, tag & 7)) this.#unknown(tag, end);
      else if (field.shape === 'single') this.#single(target, field, end);
      else if (field.shape === 'list') this.#listItem(target, field, tag & 7, end);
      else this.#mapEntry(target, field, end);
    }
    for (let i = 0; i < filled.length; i++) fill(target, filled[i]!);
  }

  #single(target: JsonObject, field: FieldSchema, end: number): void {
    if (field.type === '-') {
      this.#cursor.skip(sized, end);
      return;
    }
    if (field.inline) {
      this.#nested('', end, (inner) => this.#fields(target, field.message(), inner));
      return;
    }
    const value = this.#value(field, field.name, end, target[field.name]);
    // A field that comes twice: the last one holds, also when it is empty.
    if (isLeftOut(field, value)) Reflect.deleteProperty(target, field.name);
    else target[field.name] = value;
  }

  #listItem(target: JsonObject, field: FieldSchema, wireType: number, end: number): void {
    const known = target[field.name];
    const list = Array.isArray(known) ? known : (target[field.name] = []);
    if (wireType !== sized || !packable.includes(field.type)) {
      this.#path.push(field.name);
      list.push(this.#value(field, list.length, end));
      this.#path.pop();
      return;
    }
    // Packed: what gogo's decoders accept although they do not write it.
    const stop = this.#cursor.length(end) + this.#cursor.offset;
    while (this.#cursor.offset < stop) list.push(this.#value(field, list.length, stop));
  }

  #mapEntry(target: JsonObject, field: FieldSchema, end: number): void {
    const cursor = this.#cursor;
    const stop = cursor.length(end) + cursor.offset;
    const known = target[field.name];
    const map: JsonObject = isJsonObject(known) ? known : (target[field.name] = {});
    let key = '';
    let value: JsonValue | undefined;
    this.#path.push(field.name);
    while (cursor.offset < stop) {
      const tag = cursor.tag(stop);
      if (tag === ((1 << 3) | sized)) key = this.#text(stop, 'key');
      else if (tag >>> 3 === 2 && fits(field, tag & 7)) value = this.#value(field, key, stop);
      else this.#unknown(tag, stop);
    }
    this.#path.pop();
    setMember(map, key, value ?? zeroValue(field));
  }

  #value(field: FieldSchema, name: string | number, end: number, previous?: JsonValue): JsonValue {
    const cursor = this.#cursor;
    switch (field.type) {
      case 's':
        return this.#text(end, name);
      case 'b':
        return cursor.bool(end);
      case 'i':
        return cursor.int32(end);
      case 'l':
        return cursor.int64(end);
      case 'd':
        return this.#double(name, end);
      case 'y':
        return this.#base64(end);
      default:
        return this.#nested(name, end, (inner) => this.#nestedValue(field, inner, previous));
    }
  }

  /** A length-delimited value, with its name on the path and its end checked. */
  #nested<T>(name: string | number, end: number, decode: (end: number) => T): T {
    const cursor = this.#cursor;
    const stop = cursor.length(end) + cursor.offset;
    if (this.#path.length > depthLimit) throw malformed('too many levels of messages', cursor.offset);
    this.#path.push(name);
    const value = decode(stop);
    this.#path.pop();
    return value;
  }

  #nestedValue(field: FieldSchema, end: number, previous?: JsonValue): JsonValue {
    switch (field.type) {
      case 'm':
        return this.#message(field.message(), end, previous);
      case 'T':
      case 'M':
        return this.#time(field.type, end);
      case 'D':
        return formatDuration(this.#onlyInt64(end));
      case 'Q':
        return this.#quantity(end);
      case 'I':
        return this.#intOrString(end);
      default:
        return this.#rawJson(end);
    }
  }

  #text(end: number, name: string | number): string {
    const cursor = this.#cursor;
    const start = cursor.offset;
    const length = cursor.length(end);
    const from = cursor.offset;
    cursor.offset = from + length;
    const text = cursor.bytes.toString('utf8', from, cursor.offset);
    if (
      text.includes('\ufffd') &&
      Buffer.from(text, 'utf8').compare(cursor.bytes, from, cursor.offset) !== 0
    ) {
      this.#note('text-not-utf8', 'a text is not UTF-8; U+FFFD stands for what is not', start, name);
    }
    return text;
  }

  #base64(end: number): string {
    const cursor = this.#cursor;
    const length = cursor.length(end);
    const from = cursor.offset;
    cursor.offset = from + length;
    return cursor.bytes.toString('base64', from, cursor.offset);
  }

  #double(name: string | number, end: number): JsonValue {
    const at = this.#cursor.offset;
    const value = this.#cursor.double(end);
    if (Number.isFinite(value)) return value;
    this.#note('number-not-finite', 'a number is not finite', at, name);
    return null;
  }

  #time(type: 'T' | 'M', end: number): JsonValue {
    const cursor = this.#cursor;
    const at = cursor.offset;
    // Zero is written as an empty message.
    if (at === end) return null;
    let seconds: number | bigint = 0;
    let nanos = 0;
    while (cursor.offset < end) {
      const tag = cursor.tag(end);
      if (tag === 1 << 3) seconds = cursor.int64(end);
      else if (tag === 2 << 3) nanos = cursor.int32(end);
      else this.#unknown(tag, end);
    }
    // Time drops what is below a second when it is read.
    const text = type === 'T' ? formatTime(seconds) : formatMicroTime(seconds, nanos);
    if (text !== undefined) return text;
    this.#note('time-out-of-range', `a time is ${seconds.toString()} seconds from 1970`, at);
    return null;
  }

  #onlyInt64(end: number): number | bigint {
    const cursor = this.#cursor;
    let value: number | bigint = 0;
    while (cursor.offset < end) {
      const tag = cursor.tag(end);
      if (tag === 1 << 3) value = cursor.int64(end);
      else this.#unknown(tag, end);
    }
    return value;
  }

  /** API servers write the canonical form, which is what JSON has. */
  #quantity(end: number): string {
    const cursor = this.#cursor;
    let text = '';
    while (cursor.offset < end) {
      const tag = cursor.tag(end);
      if (tag === ((1 << 3) | sized)) text = this.#text(end, '');
      else this.#unknown(tag, end);
    }
    return text === '' ? '0' : text;
  }

  #intOrString(end: number): JsonValue {
    const cursor = this.#cursor;
    let isText = false;
    let number = 0;
    let text = '';
    while (cursor.offset < end) {
      const tag = cursor.tag(end);
      if (tag === 1 << 3) isText = cursor.bool(end);
      else if (tag === 2 << 3) number = cursor.int32(end);
      else if (tag === ((3 << 3) | sized)) text = this.#text(end, '');
      else this.#unknown(tag, end);
    }
    return isText ? text : number;
  }

  /** A message around bytes that are JSON: FieldsV1, RawExtension, JSON. */
  #rawJson(end: number): JsonValue {
    const cursor = this.#cursor;
    let value: JsonValue = null;
    while (cursor.offset < end) {
      const tag = cursor.tag(end);
      if (tag !== ((1 << 3) | sized)) {
        this.#unknown(tag, end);
        continue;
      }
      const length = cursor.length(end);
      const from = cursor.offset;
      cursor.offset = from + length;
      const parsed = length === 0 ? { value: null } : parseJsonBytes(cursor.bytes, from, cursor.offset);
      if ('value' in parsed) value = parsed.value;
      else this.#rawFault(from, parsed.fault);
    }
    return value;
  }

  #rawFault(from: number, fault: string): void {
    this.#keepUnknown(1, sized, from);
    this.#note('raw-not-json', `an embedded value is ${fault}`, from);
  }

  #unknown(tag: number, end: number): void {
    const from = this.#cursor.offset;
    this.#cursor.skip(tag & 7, end);
    this.#keepUnknown(tag >>> 3, tag & 7, from);
  }

  #keepUnknown(number: number, wireType: number, from: number): void {
    this.notes.unknownFieldCount++;
    if (this.notes.unknownFields.length >= notesLimit) return;
    const bytes = this.#cursor.bytes.subarray(from, this.#cursor.offset);
    this.notes.unknownFields.push({ path: formatPath(this.#path), number, wireType, bytes });
  }

  #note(code: string, message: string, offset: number, name: string | number = ''): void {
    if (this.notes.findings.length >= notesLimit) return;
    const path = formatPath([...this.#path, name]);
    this.notes.findings.push({ severity: 'warn', code, message, where: { path, offset } });
  }
}

/** `spec.containers[0].env`: indexes in brackets, no name for what is inline. */
function formatPath(path: readonly (string | number)[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (part !== '') text += text === '' ? displayName(part) : `.${displayName(part)}`;
  }
  return text;
}

/** A key of a map is data: no more of it than a path needs. */
function displayName(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}…` : name;
}
