import { createHash } from 'node:crypto';
import { createRing, RingWriter } from './byte-ring.ts';
import { isWorthAThread, startSha256Thread } from './sha256-thread.ts';

/** A SHA-256 of bytes that come one after another, many of them a few at a time. Dispose it in every case. */
export interface Sha256 extends AsyncDisposable {
  /** The bytes are copied. */
  update(bytes: Uint8Array): void;
  /** 32 bytes; once, and nothing can be added after that. */
  digest(): Promise<Uint8Array>;
}

/**
 * @param expectedBytes how many there will be, about: much is hashed on a thread of its own
 * @param onThread in place of what follows from the size
 */
export function startSha256(expectedBytes: number, onThread = isWorthAThread(expectedBytes)): Sha256 {
  return onThread ? startThere() : startHere();
}

const batchBytes = 64 << 10;

/** A call for a few bytes costs more than hashing them, so they are gathered. */
function startHere(): Sha256 {
  const hash = createHash('sha256');
  const batch = new Uint8Array(batchBytes);
  let batched = 0;
  const flush = () => {
    hash.update(batch.subarray(0, batched));
    batched = 0;
  };
  return {
    update(bytes) {
      if (batched + bytes.length > batchBytes) flush();
      if (bytes.length > batchBytes) {
        hash.update(bytes);
        return;
      }
      batch.set(bytes, batched);
      batched += bytes.length;
    },
    digest() {
      flush();
      return Promise.resolve(new Uint8Array(hash.digest()));
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function startThere(): Sha256 {
  const ring = createRing();
  const writer = new RingWriter(ring);
  const thread = startSha256Thread({ kind: 'ring', ring });
  return {
    update: (bytes) => writer.add(bytes),
    async digest() {
      writer.end();
      const { digest } = await thread.result;
      return digest;
    },
    [Symbol.asyncDispose]: () => thread.end(),
  };
}
