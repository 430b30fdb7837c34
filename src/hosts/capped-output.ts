/** The text of an output of any length in bounded memory: its first part, or its last. */
export interface CappedOutput {
  add(chunk: Uint8Array): void;
  /** As UTF-8; what does not decode is replaced. */
  text(): string;
  readonly isTruncated: boolean;
}

/** Keeps the first `maxBytes`. The chunks are kept as they are, not copied. */
export function keepHead(maxBytes: number): CappedOutput {
  const chunks: Uint8Array[] = [];
  let kept = 0;
  let isTruncated = false;
  return {
    add(chunk) {
      const room = maxBytes - kept;
      if (chunk.length > room) isTruncated = true;
      const taken = chunk.subarray(0, room);
      if (taken.length > 0) chunks.push(taken);
      kept += taken.length;
    },
    text: () => Buffer.concat(chunks).toString(),
    get isTruncated() {
      return isTruncated;
    },
  };
}

/** Keeps the last `maxBytes`. The chunks are kept as they are, not copied. */
export function keepTail(maxBytes: number): CappedOutput {
  const chunks: Uint8Array[] = [];
  let kept = 0;
  let isTruncated = false;
  return {
    add(chunk) {
      chunks.push(chunk);
      kept += chunk.length;
      if (kept > maxBytes) isTruncated = true;
      while (chunks.length > 0 && kept - chunks[0]!.length >= maxBytes) kept -= chunks.shift()!.length;
    },
    text: () => Buffer.concat(chunks).subarray(-maxBytes).toString(),
    get isTruncated() {
      return isTruncated;
    },
  };
}
