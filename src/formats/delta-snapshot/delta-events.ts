/**
 * Delta snapshots of Gardener's etcd-backup-restore: a JSON array of events as a watch delivered them, then the
 * SHA-256 of the array. An event: `{"etcdEvent":{"type"?,"kv":{…}},"time"}`, keys and values in base64, numbers as
 * JSON numbers, fields that are zero left out; `type` 1 is a deletion.
 * Source: etcd-backup-restore pkg/snapshot/snapshotter/snapshotter.go (0.44), etcd api/mvccpb/kv.pb.go (3.5).
 */
import { type ByteSource, HoldfastError } from '../../base/index.ts';
import type { KeyValue } from '../mvcc/index.ts';

export interface DeltaEvent {
  readonly isDeletion: boolean;
  /** Of a deletion only key and mod revision are meant. Fresh bytes. */
  readonly keyValue: KeyValue;
}

/** SHA-256 behind the array. */
export const deltaDigestBytes = 32;
/** Far above what a request may hold; base64 and the quotes are part of it. */
const maxEventBytes = 256 << 20;
const pieceBytes = 1 << 20;

const [openBrace, closeBrace, openBracket, closeBracket, quote, backslash, comma] = [
  0x7b, 0x7d, 0x5b, 0x5d, 0x22, 0x5c, 0x2c,
];

/**
 * Reads the events one after another; memory holds one of them. The digest is for the caller to check first.
 * Throws RECORD_INVALID.
 */
export function* readDeltaEvents(source: ByteSource): Generator<DeltaEvent> {
  for (const bytes of splitArray(source, source.sizeBytes - deltaDigestBytes)) yield decodeEvent(bytes);
}

/** The elements of a JSON array of objects. */
function* splitArray(source: ByteSource, endOffset: number): Generator<Uint8Array> {
  let held = new Uint8Array(0);
  let scanned = 0;
  let depth = 0;
  let start = -1;
  let inText = false;
  let escaped = false;
  let state: 'before' | 'inside' | 'after' = 'before';
  for (let offset = 0; offset < endOffset; ) {
    const piece = new Uint8Array(Math.min(pieceBytes, endOffset - offset));
    source.readInto(piece, offset);
    offset += piece.length;
    held = start === -1 ? piece : joined(held.subarray(start), piece);
    scanned = start === -1 ? 0 : held.length - piece.length;
    if (start !== -1) start = 0;
    if (held.length > maxEventBytes) throw invalid(`an event of more than ${maxEventBytes} bytes`);
    for (; scanned < held.length; scanned++) {
      const byte = held[scanned]!;
      if (inText) {
        if (escaped) escaped = false;
        else if (byte === backslash) escaped = true;
        else if (byte === quote) inText = false;
      } else if (byte === quote) inText = true;
      else if (byte === openBrace) {
        if (depth++ === 0) start = scanned;
      } else if (byte === closeBrace) {
        if (--depth < 0) throw invalid('its brackets do not match');
        if (depth > 0) continue;
        yield held.subarray(start, scanned + 1);
        start = -1;
      } else if (depth === 0) state = between(byte, state);
    }
  }
  if (state !== 'after' || depth !== 0) throw invalid('the list of events has no end');
}

/** What may stand between events. */
function between(byte: number, state: 'before' | 'inside' | 'after'): 'before' | 'inside' | 'after' {
  if (byte === openBracket && state === 'before') return 'inside';
  if (byte === closeBracket && state === 'inside') return 'after';
  if (
    (byte === comma && state === 'inside') ||
    byte === 0x20 ||
    byte === 0x0a ||
    byte === 0x0d ||
    byte === 0x09
  )
    return state;
  throw invalid('it is not a list of events');
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function decodeEvent(bytes: Uint8Array): DeltaEvent {
  const event = recordField(parseExact(bytes), 'etcdEvent');
  const kv = recordField(event, 'kv');
  const type = numberField(event, 'type');
  if (type !== 0n && type !== 1n) throw invalid(`an event of the unknown type ${type}`);
  const keyValue = {
    key: bytesField(kv, 'key'),
    createRevision: numberField(kv, 'create_revision'),
    modRevision: numberField(kv, 'mod_revision'),
    version: numberField(kv, 'version'),
    value: bytesField(kv, 'value'),
    lease: numberField(kv, 'lease'),
  };
  if (keyValue.modRevision <= 0n || keyValue.key.length === 0)
    throw invalid('an event without key or revision');
  return { isDeletion: type === 1n, keyValue };
}

/** JSON with every integer as bigint: lease ids have 63 bits. */
function parseExact(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes), exactly);
  } catch {
    // The parser's own message would quote the event.
    throw invalid('an event is no JSON');
  }
}

function exactly(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined || !/^-?\d+$/.test(context.source))
    return value;
  return BigInt(context.source);
}

function recordField(value: unknown, name: string): Record<string, unknown> {
  const field =
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  if (typeof field !== 'object' || field === null) throw invalid(`an event without its ${name}`);
  return field as Record<string, unknown>;
}

function bytesField(kv: Record<string, unknown>, name: string): Uint8Array {
  const value = kv[name] ?? '';
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(value) || value.length % 4 !== 0)
    throw invalid(`the ${name} of an event is not base64`);
  return new Uint8Array(Buffer.from(value, 'base64'));
}

function numberField(kv: Record<string, unknown>, name: string): bigint {
  const value = kv[name] ?? 0n;
  if (typeof value !== 'bigint') throw invalid(`the ${name} of an event is not a whole number`);
  return value;
}

function invalid(what: string): HoldfastError {
  return new HoldfastError('RECORD_INVALID', `damaged delta snapshot: ${what}`);
}
