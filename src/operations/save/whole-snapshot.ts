import { formatHex, HoldfastError } from '../../base/index.ts';

/** SHA-256 at the end of a snapshot. */
export const digestBytes = 32;
/** A database is a whole number of pages, and every page size a multiple of this. */
const databaseUnitBytes = 512;

/** A stream that has ended. */
export interface EndedStream {
  /** How long the database is said to be. */
  readonly databaseBytes: number;
  readonly sizeBytes: number;
  /** Of the database as it arrived. */
  readonly digest: Uint8Array;
  /** The digest that stands at the end of the stream. */
  readonly trailer: Uint8Array;
}

/**
 * Returns the digest, lower-case hex, of a stream that is a whole snapshot.
 * Errors: DIGEST_MISSING (with etcdctl's words), DIGEST_MISMATCH.
 */
export function requireWholeSnapshot({ databaseBytes, sizeBytes, digest, trailer }: EndedStream): string {
  if (sizeBytes !== databaseBytes + digestBytes || databaseBytes % databaseUnitBytes !== 0) {
    throw new HoldfastError('DIGEST_MISSING', `sha256 checksum not found [bytes: ${sizeBytes}]`, {
      hint: 'Nothing was kept; the member sent no whole snapshot: look at its log, then save again.',
      details: { sizeBytes },
    });
  }
  const [actual, expected] = [formatHex(digest), formatHex(trailer)];
  if (actual === expected) return actual;
  throw new HoldfastError('DIGEST_MISMATCH', `the received bytes have SHA-256 ${actual}, not ${expected}`, {
    hint: 'Nothing was kept; save again. If it happens again, memory or a device on the way is faulty.',
    details: { actual, expected },
  });
}
