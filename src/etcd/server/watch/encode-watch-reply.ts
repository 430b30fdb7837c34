import { WireWriter } from '../../../base/index.ts';
import { encodeKeyValue, type KeyValue } from '../../../formats/mvcc/index.ts';
import type { StoreEvent } from '../store/index.ts';

/** A WatchResponse before it has bytes. */
export interface WatchReply {
  /** -1 for none in particular. */
  readonly watchId: bigint;
  /** Of the header; 0 says nothing. */
  readonly revision: bigint;
  readonly created?: boolean;
  readonly canceled?: boolean;
  readonly compactRevision?: bigint;
  readonly cancelReason?: string;
  readonly fragment?: boolean;
  /** Encoded as mvccpb.Event. */
  readonly events: readonly Uint8Array[];
}

const eventsField = 11;
const encodedEvents = new WeakMap<StoreEvent, Uint8Array>();

/** mvccpb.Event of a change. Many watches send the same event: without the previous value it is encoded once. */
export function encodeEvent(event: StoreEvent, previous: KeyValue | undefined): Uint8Array {
  let encoded = encodedEvents.get(event);
  if (encoded === undefined) {
    const writer = new WireWriter();
    if (event.kind === 'delete') writer.varint(1, 1);
    encoded = writer.bytes(2, encodeKeyValue(event.kv)).finish();
    encodedEvents.set(event, encoded);
  }
  if (previous === undefined) return encoded;
  const last = new WireWriter().bytes(3, encodeKeyValue(previous)).finish();
  return Buffer.concat([encoded, last]);
}

/**
 * A WatchResponse. Written by hand, because a busy watch is nothing but these: the events are encoded already.
 * @param header an encoded ResponseHeader
 */
export function encodeWatchReply(reply: WatchReply, header: Uint8Array): Uint8Array {
  const writer = new WireWriter().bytes(1, header);
  if (reply.watchId !== 0n) writer.varint(2, reply.watchId);
  if (reply.created === true) writer.varint(3, 1);
  if (reply.canceled === true) writer.varint(4, 1);
  if (reply.compactRevision !== undefined) writer.varint(5, reply.compactRevision);
  if (reply.cancelReason !== undefined) writer.string(6, reply.cancelReason);
  if (reply.fragment === true) writer.varint(7, 1);
  for (const event of reply.events) writer.bytes(eventsField, event);
  return writer.finish();
}

/** Bytes that an event takes in a reply. */
export function eventFieldBytes(event: Uint8Array): number {
  let lengthBytes = 1;
  for (let rest = event.length >>> 7; rest > 0; rest >>>= 7) lengthBytes++;
  return 1 + lengthBytes + event.length;
}

/** Most that a reply has besides its events and cancel reason: a full header and every number at its longest. */
const otherBytes = 80;

/**
 * Cuts a reply into fragments that stay below a size, each with one event at least.
 *
 * Source: etcd server/etcdserver/api/v3rpc/watch.go (3.6.16).
 */
export function fragmentReply(reply: WatchReply, maxBytes: number): WatchReply[] {
  const fragments: Uint8Array[][] = [];
  let current: Uint8Array[] = [];
  let size = otherBytes;
  for (const event of reply.events) {
    const bytes = eventFieldBytes(event);
    if (current.length > 0 && size + bytes >= maxBytes) {
      fragments.push(current);
      current = [];
      size = otherBytes;
    }
    current.push(event);
    size += bytes;
  }
  fragments.push(current);
  return fragments.map((events, index) => ({ ...reply, events, fragment: index < fragments.length - 1 }));
}
