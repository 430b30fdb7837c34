/**
 * A range whose answer is what the store holds, nothing left out and in its order: the records go from the file into
 * the response as they are, for they are the messages that the response consists of. A large response is made piece by
 * piece while its client reads it.
 */
import { WireWriter } from '../../../base/index.ts';
import { type RangeRequest, RangeRequest_SortOrder, RangeRequest_SortTarget } from '../../api.ts';
import type { EtcdStore, StoreRecords } from '../store/index.ts';
import { EncodedMessage, MessageInPieces } from '../transport/index.ts';
import { bytesFieldSize, placeBytesField } from './place-message.ts';
import type { ResponseHeaders } from './response-headers.ts';

/** Fields of RangeResponse. Source: etcd api/etcdserverpb/rpc.proto (3.6.16). */
const field = { header: 1, kvs: 2, more: 3, count: 4 } as const;

/** Whether a request is for keys as they are stored. */
export function isPlainRange(request: RangeRequest): boolean {
  return (
    !request.keysOnly &&
    !request.countOnly &&
    request.sortOrder !== RangeRequest_SortOrder.DESCEND &&
    request.sortTarget === RangeRequest_SortTarget.KEY &&
    request.minModRevision === 0n &&
    request.maxModRevision === 0n &&
    request.minCreateRevision === 0n &&
    request.maxCreateRevision === 0n
  );
}

/** A piece of a response, and the largest one that is made at once. A record is never divided. */
const pieceBytes = 128 << 10;

/** The answer to a plain range, encoded as RangeResponse. Throws what the store throws. */
export function encodePlainRange(
  request: RangeRequest,
  store: EtcdStore,
  headers: ResponseHeaders,
): EncodedMessage | MessageInPieces {
  const { key, rangeEnd, revision, limit } = request;
  const records = store.records({ key, rangeEnd, revision, limit: Number(limit) });
  const sizes = records.sizes();
  const head = new WireWriter().bytes(field.header, headers.encoded(records.revision)).finish();
  const tail = new WireWriter();
  if (records.count > sizes.length) tail.varint(field.more, 1);
  if (records.count > 0) tail.varint(field.count, records.count);
  const parts = { head, records, sizes, tail: tail.finish() };
  const kvsBytes = sizes.reduce((total, size) => total + bytesFieldSize(size), 0);
  const sizeBytes = head.length + kvsBytes + parts.tail.length;
  const pieces = piecesOf(parts);
  if (sizeBytes > pieceBytes) return new MessageInPieces(sizeBytes, pieces);
  return new EncodedMessage(pieces.next().value ?? head);
}

interface RangeParts {
  readonly head: Uint8Array;
  readonly records: StoreRecords;
  readonly sizes: readonly number[];
  readonly tail: Uint8Array;
}

/** The whole message in pieces: no more than one when it is no larger than that. */
function* piecesOf({ head, records, sizes, tail }: RangeParts): Generator<Uint8Array, undefined> {
  let before = head;
  let first = 0;
  do {
    let end = first;
    let bytes = before.length;
    while (end < sizes.length && (end === first || bytes + bytesFieldSize(sizes[end]!) <= pieceBytes))
      bytes += bytesFieldSize(sizes[end++]!);
    const isLast = end === sizes.length;
    const piece = new Uint8Array(bytes + (isLast ? tail.length : 0));
    piece.set(before);
    let at = before.length;
    for (; first < end; first++) {
      const size = sizes[first]!;
      at = placeBytesField(piece, at, field.kvs, size);
      records.copyTo(piece.subarray(at, at + size), first);
      at += size;
    }
    if (isLast) piece.set(tail, at);
    yield piece;
    before = piece.subarray(0, 0);
  } while (first < sizes.length);
}
