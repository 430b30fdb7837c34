/**
 * A range whose answer is what the store holds, nothing left out and in its order: the records go from the file into
 * the response as they are, for they are the messages that the response consists of.
 */
import { WireWriter } from '../../../base/index.ts';
import { type RangeRequest, RangeRequest_SortOrder, RangeRequest_SortTarget } from '../../api.ts';
import type { EtcdStore } from '../store/index.ts';
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

/** The answer to a plain range, encoded as RangeResponse. Throws what the store throws. */
export function encodePlainRange(
  request: RangeRequest,
  store: EtcdStore,
  headers: ResponseHeaders,
): Uint8Array {
  const { key, rangeEnd, revision, limit } = request;
  const records = store.records({ key, rangeEnd, revision, limit: Number(limit) });
  const sizes = records.sizes();
  const head = new WireWriter().bytes(field.header, headers.encoded(records.revision)).finish();
  const tail = new WireWriter();
  if (records.count > sizes.length) tail.varint(field.more, 1);
  if (records.count > 0) tail.varint(field.count, records.count);
  const tailBytes = tail.finish();
  const kvsBytes = sizes.reduce((total, size) => total + bytesFieldSize(size), 0);
  const message = new Uint8Array(head.length + kvsBytes + tailBytes.length);
  message.set(head);
  let at = head.length;
  for (let number = 0; number < sizes.length; number++) {
    const size = sizes[number]!;
    at = placeBytesField(message, at, field.kvs, size);
    records.copyTo(message.subarray(at, at + size), number);
    at += size;
  }
  message.set(tailBytes, at);
  return message;
}
