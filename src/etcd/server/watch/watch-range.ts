import { compareBytes } from '../../../base/index.ts';

/** Keys that a watch is about. */
export interface WatchRange {
  readonly key: Uint8Array;
  /** Absent: the one key. A single zero byte: every key from `key` on. */
  readonly rangeEnd: Uint8Array | undefined;
}

/** Whether the range can hold a key at all. */
export function isEmptyRange({ key, rangeEnd }: WatchRange): boolean {
  return rangeEnd !== undefined && !isOpen(rangeEnd) && compareBytes(key, rangeEnd) >= 0;
}

export function isInRange({ key, rangeEnd }: WatchRange, candidate: Uint8Array): boolean {
  if (rangeEnd === undefined) return compareBytes(key, candidate) === 0;
  return compareBytes(key, candidate) <= 0 && (isOpen(rangeEnd) || compareBytes(candidate, rangeEnd) < 0);
}

function isOpen(rangeEnd: Uint8Array): boolean {
  return rangeEnd.length === 1 && rangeEnd[0] === 0;
}
