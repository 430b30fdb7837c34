import { createHash } from 'node:crypto';
import { formatHex, HoldfastError } from '../../base/index.ts';

/** A database that has been taken in, with a digest behind it whether it came with one or not. */
export interface TakenIn {
  readonly content: 'snapshot' | 'database';
  readonly sizeBytes: number;
  /** Of the file, digest included; lower-case hex. */
  readonly fileSha256: string;
}

export type WritePiece = (piece: Uint8Array) => Promise<void>;

const digestBytes = 32;
/** Every page size is a multiple of this. */
const databaseUnitBytes = 512;

/**
 * Writes a database as it arrives and checks the SHA-256 at its end; one without gets one.
 * Errors: DIGEST_MISMATCH, IMPORT_DAMAGED (its size is that of neither), those of the stream and of `write`.
 */
export async function takeIn(
  pieces: AsyncIterable<Uint8Array>,
  write: WritePiece,
  name: string,
): Promise<TakenIn> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let tail = new Uint8Array(0);
  for await (const piece of pieces) {
    await write(piece);
    sizeBytes += piece.length;
    if (piece.length >= digestBytes) {
      hash.update(tail).update(piece.subarray(0, piece.length - digestBytes));
      tail = piece.slice(piece.length - digestBytes);
      continue;
    }
    const joined = new Uint8Array(Buffer.concat([tail, piece]));
    const over = Math.max(0, joined.length - digestBytes);
    hash.update(joined.subarray(0, over));
    tail = joined.slice(over);
  }
  if (sizeBytes % databaseUnitBytes === digestBytes) {
    const whole = hash.copy().update(tail);
    requireDigest(hash.digest(), tail, name);
    return { content: 'snapshot', sizeBytes, fileSha256: formatHex(whole.digest()) };
  }
  if (sizeBytes % databaseUnitBytes !== 0)
    throw new HoldfastError(
      'IMPORT_DAMAGED',
      `${name} is cut off: a database of ${sizeBytes} bytes is not whole`,
      {
        details: { path: name, sizeBytes },
      },
    );
  const digest = hash.update(tail).copy().digest();
  await write(digest);
  const fileSha256 = formatHex(hash.update(digest).digest());
  return { content: 'database', sizeBytes: sizeBytes + digestBytes, fileSha256 };
}

/** Errors: DIGEST_MISMATCH. */
export function requireDigest(computed: Uint8Array, stored: Uint8Array, name: string): void {
  const [actual, expected] = [formatHex(computed), formatHex(stored)];
  if (actual === expected) return;
  throw new HoldfastError(
    'DIGEST_MISMATCH',
    `${name} has SHA-256 ${actual}, and says that it should be ${expected}`,
    {
      details: { path: name, actual, expected },
    },
  );
}
