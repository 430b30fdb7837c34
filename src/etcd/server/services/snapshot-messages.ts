import { WireWriter } from '../../../base/index.ts';
import type { StoreSnapshot } from '../store/index.ts';
import { bytesFieldSize, placeBytesField } from './place-message.ts';

/** Bytes of the database in one message, as in etcd. */
const blobBytes = 32 << 10;

/**
 * The messages of a Snapshot call, encoded as SnapshotResponse: the database in equal pieces, each with what is still
 * to come, then the digest in a message of its own.
 *
 * Source: etcd server/etcdserver/api/v3rpc/maintenance.go (3.6.16).
 */
export async function* snapshotMessages(
  { pieces, databaseBytes }: StoreSnapshot,
  storageVersion: string | undefined,
): AsyncGenerator<Uint8Array, void> {
  const version = new WireWriter();
  if (storageVersion !== undefined) version.string(4, storageVersion);
  const end = version.finish();
  let left = databaseBytes;
  for await (const blob of equalPieces(pieces, databaseBytes)) {
    left = Math.max(0, left - blob.length);
    yield snapshotMessage(blob, left, end);
  }
}

function snapshotMessage(blob: Uint8Array, left: number, end: Uint8Array): Uint8Array {
  const head = left > 0 ? new WireWriter().varint(2, left).finish() : new Uint8Array(0);
  const message = new Uint8Array(head.length + bytesFieldSize(blob.length) + end.length);
  message.set(head);
  const at = placeBytesField(message, head.length, 3, blob.length);
  message.set(blob, at);
  message.set(end, at + blob.length);
  return message;
}

/** Cuts a stream anew; a piece never crosses from the database into the digest. */
async function* equalPieces(
  pieces: AsyncIterable<Uint8Array>,
  databaseBytes: number,
): AsyncGenerator<Uint8Array, void> {
  const blob = new Uint8Array(blobBytes);
  let filled = 0;
  let databaseLeft = databaseBytes;
  for await (const piece of pieces) {
    let taken = 0;
    while (taken < piece.length) {
      const room = databaseLeft > 0 ? Math.min(blobBytes - filled, databaseLeft) : blobBytes - filled;
      const part = piece.subarray(taken, taken + room);
      blob.set(part, filled);
      filled += part.length;
      taken += part.length;
      databaseLeft -= part.length;
      if (filled < blobBytes && databaseLeft !== 0) continue;
      yield blob.subarray(0, filled);
      filled = 0;
    }
  }
  if (filled > 0) yield blob.subarray(0, filled);
}
