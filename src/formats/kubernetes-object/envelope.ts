/**
 * The envelope of a stored protobuf object: `k8s\0`, then runtime.Unknown {1 typeMeta {1 apiVersion, 2 kind}, 2 raw,
 * 3 contentEncoding, 4 contentType}.
 *
 * Source: k8s.io/apimachinery pkg/runtime/serializer/protobuf/protobuf.go, pkg/runtime/generated.proto (0.36.2).
 */
import { malformed, WireCursor } from './wire-cursor.ts';

export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly contentType: string;
  readonly contentEncoding: string;
  /** Where the object's own message lies in the value. */
  readonly start: number;
  readonly end: number;
}

/** `k8s\0`, little-endian in one word. */
const magicBytes = [0x6b, 0x38, 0x73, 0x00] as const;

/** Whether a value begins as a protobuf object of an API server. */
export function isProtobufObject(value: Uint8Array): boolean {
  return (
    value[0] === magicBytes[0] &&
    value[1] === magicBytes[1] &&
    value[2] === magicBytes[2] &&
    value[3] === magicBytes[3]
  );
}

const typeMetaTag = 0x0a;
const rawTag = 0x12;
const encodingTag = 0x1a;
const typeTag = 0x22;

/** Decodes the envelope of a value for which `isProtobufObject` holds. Throws RECORD_INVALID. */
export function decodeEnvelope(value: Uint8Array): Envelope {
  const cursor = new WireCursor(value);
  const envelope = {
    apiVersion: '',
    kind: '',
    contentType: '',
    contentEncoding: '',
    start: 0,
    end: 0,
  };
  cursor.offset = magicBytes.length;
  while (cursor.offset < value.length) {
    const tag = cursor.tag(value.length);
    if (tag === typeMetaTag) Object.assign(envelope, typeMeta(cursor));
    else if (tag === rawTag) {
      const length = cursor.length(value.length);
      envelope.start = cursor.offset;
      cursor.offset = envelope.end = cursor.offset + length;
    } else if (tag === encodingTag) envelope.contentEncoding = text(cursor, value.length);
    else if (tag === typeTag) envelope.contentType = text(cursor, value.length);
    else cursor.skip(tag & 7, value.length);
  }
  if (envelope.kind === '' || envelope.start === 0)
    throw malformed('no object in the envelope', cursor.offset);
  return envelope;
}

function typeMeta(cursor: WireCursor): Pick<Envelope, 'apiVersion' | 'kind'> {
  const end = cursor.length(cursor.bytes.length) + cursor.offset;
  const found = { apiVersion: '', kind: '' };
  while (cursor.offset < end) {
    const tag = cursor.tag(end);
    if (tag === 0x0a) found.apiVersion = text(cursor, end);
    else if (tag === 0x12) found.kind = text(cursor, end);
    else cursor.skip(tag & 7, end);
  }
  return found;
}

function text(cursor: WireCursor, end: number): string {
  const length = cursor.length(end);
  const from = cursor.offset;
  cursor.offset = from + length;
  return cursor.bytes.toString('utf8', from, cursor.offset);
}
