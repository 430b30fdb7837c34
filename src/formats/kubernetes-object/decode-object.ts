/** A value of etcd as the API object in it, protobuf or JSON. */
import { isUtf8 } from 'node:buffer';
import { type Finding, isHoldfastError } from '../../base/index.ts';
import { changeToServed } from './as-served.ts';
import { MessageDecoder, type UnknownField } from './decode-message.ts';
import { decodeEnvelope, type Envelope, isProtobufObject } from './envelope.ts';
import { type EncryptedValue, parseEncryptedValue } from './encrypted-value.ts';
import { briefMetadata, type FieldMask, maskedSchema } from './field-mask.ts';
import { findKindSchema, type MessageSchema, messageSchema } from './field-schema.ts';
import type { JsonObject } from './json-value.ts';
import { isJsonObject, parseJsonBytes } from './parse-json.ts';

export interface DecodedObject {
  readonly state: 'decoded';
  readonly encoding: 'protobuf' | 'json';
  /** The version that it is stored in: `apps/v1`. */
  readonly apiVersion: string;
  readonly kind: string;
  /**
   * What the API server would serve, of the stored version except where `as-served.ts` says otherwise. The caller's
   * own: nothing else refers to it.
   */
  readonly object: JsonObject;
  /** False for a protobuf kind that the table does not have: only its metadata is in `object`. */
  readonly isKnownKind: boolean;
  /** How many fields the table does not know; `unknownFields` has the first hundred of them. */
  readonly unknownFieldCount: number;
  readonly unknownFields: readonly UnknownField[];
  readonly findings: readonly Finding[];
}

/** The value is encrypted: decrypt it, then decode what comes out. */
export interface EncryptedObject {
  readonly state: 'encrypted';
  readonly encryption: EncryptedValue;
}

/** The value is no object, or none that can be read: raw bytes are all there is. */
export interface UndecodedObject {
  readonly state: 'undecoded';
  /** `not-an-object`: neither protobuf, JSON nor encrypted. `damaged`: begins as one and cannot be read. */
  readonly reason: 'not-an-object' | 'damaged';
  readonly finding: Finding;
  /** Known when the envelope could be read. */
  readonly apiVersion?: string;
  readonly kind?: string;
}

export type ObjectValue = DecodedObject | EncryptedObject | UndecodedObject;

export interface DecodeObjectOptions {
  /** The revision of the key's last change, which is the object's resource version. */
  readonly modRevision?: bigint;
  /** Leaves out what the API server changes while it reads: the object exactly as it is stored. */
  readonly asStored?: boolean;
}

/**
 * Decodes a value. Never throws for what the value holds: what cannot be read comes back as such, with the reason.
 * Bytes in the result are views of the value.
 */
export function decodeObject(value: Uint8Array, options: DecodeObjectOptions = {}): ObjectValue {
  const found = readValue(value, options, wholeBody);
  if (found.state === 'decoded' && options.asStored !== true) {
    changeToServed(found.object, found.apiVersion, found.kind);
  }
  return found;
}

/**
 * The same with nothing but `apiVersion`, `kind` and `metadata`, that without `managedFields`: for lists of names, and
 * several times faster for protobuf.
 */
export function decodeObjectMetadata(value: Uint8Array, options: DecodeObjectOptions = {}): ObjectValue {
  return readValue(value, options, metadataBody);
}

/**
 * The same without `metadata.managedFields`, and of all else only what the mask names; `true` for everything. Of JSON
 * the whole comes.
 */
export function decodeObjectParts(
  value: Uint8Array,
  mask: FieldMask | true,
  options: DecodeObjectOptions = {},
): ObjectValue {
  const found = readValue(value, options, partsBody(mask));
  if (found.state === 'decoded' && options.asStored !== true) {
    changeToServed(found.object, found.apiVersion, found.kind);
  }
  return found;
}

/** How much of an object's own message or document is wanted. */
interface Body {
  /** Adds it to the target. */
  readonly protobuf: (
    target: JsonObject,
    schema: MessageSchema | undefined,
    decoder: MessageDecoder,
    envelope: Envelope,
  ) => void;
  readonly json: (document: JsonObject) => JsonObject;
}

const wholeBody: Body = {
  protobuf: (target, schema, decoder, { start, end }) => {
    // Every kind has its metadata in field 1; of one that the table does not have that is what can be said.
    decoder.decodeInto(target, schema ?? messageSchema('meta/v1.PartialObjectMetadata'), start, end);
  },
  json: (document) => document,
};

const metadataBody: Body = {
  protobuf: (target, _schema, decoder, { start, end }) => {
    decoder.decodeMetadata(target, briefMetadata(), start, end);
  },
  json: ({ apiVersion, kind, metadata }) => {
    const brief: JsonObject = isJsonObject(metadata) ? { ...metadata } : {};
    delete brief['managedFields'];
    return { apiVersion: apiVersion ?? '', kind: kind ?? '', metadata: brief };
  },
};

function partsBody(mask: FieldMask | true): Body {
  return {
    protobuf: (target, schema, decoder, { start, end }) => {
      const whole = schema ?? messageSchema('meta/v1.PartialObjectMetadata');
      decoder.decodeInto(target, maskedSchema(whole, mask), start, end);
    },
    json: (document) => document,
  };
}

function readValue(value: Uint8Array, { modRevision }: DecodeObjectOptions, body: Body): ObjectValue {
  const found = decodeValue(value, body);
  if (found.state !== 'decoded' || modRevision === undefined) return found;
  const { metadata } = found.object;
  if (isJsonObject(metadata)) metadata['resourceVersion'] = modRevision.toString();
  return found;
}

/** etcd takes 1.5 MiB unless told otherwise, and no API server tells it to take this much. */
const valueLimitBytes = 64 << 20;

function decodeValue(value: Uint8Array, body: Body): ObjectValue {
  if (value.length > valueLimitBytes) return undecoded('damaged', `the value has ${value.length} bytes`);
  if (isProtobufObject(value)) return decodeProtobuf(value, body);
  const encryption = parseEncryptedValue(value);
  if (encryption !== undefined) return { state: 'encrypted', encryption };
  if (value[0] === openingBrace) return decodeJson(value, body);
  return undecoded('not-an-object', 'neither an API object nor an encrypted value');
}

const openingBrace = 0x7b;

function decodeProtobuf(value: Uint8Array, body: Body): ObjectValue {
  let envelope: Envelope | undefined;
  try {
    envelope = decodeEnvelope(value);
    const { apiVersion, kind, contentEncoding, contentType } = envelope;
    // An API server leaves the type empty; other writers may say protobuf.
    if (contentEncoding !== '' || (contentType !== '' && !contentType.includes('protobuf'))) {
      return undecoded('damaged', 'the envelope holds something that is not protobuf', envelope);
    }
    const object: JsonObject = { apiVersion, kind };
    const decoder = new MessageDecoder(value);
    const schema = findKindSchema(apiVersion, kind);
    body.protobuf(object, schema, decoder, envelope);
    const isKnownKind = schema !== undefined;
    return {
      state: 'decoded',
      encoding: 'protobuf',
      apiVersion,
      kind,
      object,
      isKnownKind,
      ...decoder.notes,
    };
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return undecoded('damaged', error.message, envelope);
  }
}

function decodeJson(value: Uint8Array, body: Body): ObjectValue {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
  const parsed = parseJsonBytes(bytes, 0, bytes.length);
  if ('fault' in parsed) return undecoded('damaged', `the value is ${parsed.fault}`);
  const document = parsed.value;
  if (!isJsonObject(document)) return undecoded('not-an-object', 'JSON, but not an object');
  const { apiVersion, kind } = document;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    return undecoded('not-an-object', 'JSON without apiVersion and kind');
  }
  return {
    state: 'decoded',
    encoding: 'json',
    apiVersion,
    kind,
    object: body.json(document),
    isKnownKind: true,
    unknownFieldCount: 0,
    unknownFields: [],
    findings: isUtf8(bytes) ? [] : [jsonNotUtf8],
  };
}

const jsonNotUtf8: Finding = {
  severity: 'warn',
  code: 'text-not-utf8',
  message: 'a text is not UTF-8; U+FFFD stands for what is not',
};

function undecoded(reason: UndecodedObject['reason'], message: string, envelope?: Envelope): UndecodedObject {
  const finding: Finding = {
    severity: reason === 'damaged' ? 'fail' : 'warn',
    code: reason === 'damaged' ? 'object-damaged' : 'not-an-object',
    message,
  };
  if (envelope === undefined) return { state: 'undecoded', reason, finding };
  return { state: 'undecoded', reason, finding, apiVersion: envelope.apiVersion, kind: envelope.kind };
}
