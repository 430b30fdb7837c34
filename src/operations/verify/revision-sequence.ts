/**
 * The revisions of successive rows.
 *
 * Each write transaction has the next main revision, and its changes count sub from 0. Compaction removes rows, but none
 * above its revision: from there on every revision must be present.
 *
 * Source: etcd server/storage/mvcc/kvstore_txn.go (3.6.14).
 */
import { decodeRevision, revisionKeyBytes } from '../../formats/mvcc/index.ts';
import { counted, type FindingLog } from './check-report.ts';
import { locate } from './row-location.ts';

export class RevisionSequence {
  readonly #log: FindingLog;
  /** Copies: the rows of a pass hold only until the next. */
  #first: Uint8Array | undefined;
  #last: Uint8Array | undefined;
  #spare: Uint8Array = new Uint8Array(revisionKeyBytes);
  /** Where the run without gaps begins: nothing up to here needs to be present. */
  readonly #horizon: bigint;

  /** @param horizon main revision up to which rows may be missing; -1 for none */
  constructor(horizon: bigint, log: FindingLog) {
    this.#log = log;
    // A new store is at revision 1: its first write makes revision 2.
    this.#horizon = horizon > 1n ? horizon : 1n;
  }

  /**
   * Takes the next row's well-formed key.
   * @param complete whether it lies above the horizon, where no row may be missing
   */
  add(key: Uint8Array, complete: boolean): void {
    const before = this.#last;
    this.#first ??= key.slice(0, revisionKeyBytes);
    this.#copyLast(key);
    if (isZero(key, 0)) this.#log.fail('revision-zero', 'a row has revision 0', locate(key));
    if (before !== undefined && samePart(before, key, 0)) {
      if (samePart(before, key, 9)) {
        this.#log.fail('revision-twice', 'a put and a deletion have the same revision', locate(key));
      } else if (complete && !follows(before, key, 9)) this.#reportSub(key);
      return;
    }
    if (!complete) return;
    if (!isZero(key, 9)) this.#reportSub(key);
    if (before === undefined || !follows(before, key, 0)) this.#checkGap(before, key);
  }

  /** Main revision of the last row; 0 without rows. */
  get lastMain(): bigint {
    return this.#last === undefined ? 0n : decodeRevision(this.#last).main;
  }

  /** Words for the summary. */
  facts(rows: number): string {
    if (this.#first === undefined || this.#last === undefined) return counted(rows, 'row');
    const [first, last] = [decodeRevision(this.#first), decodeRevision(this.#last)];
    return `${counted(rows, 'row')}, revisions ${first.main} to ${last.main}`;
  }

  /** Keeps the revision of the key, in the memory of the one before the last. */
  #copyLast(key: Uint8Array): void {
    const target = this.#spare;
    target.set(key.subarray(0, revisionKeyBytes));
    this.#spare = this.#last ?? new Uint8Array(revisionKeyBytes);
    this.#last = target;
  }

  #reportSub(key: Uint8Array): void {
    const message = 'the changes of a transaction are not numbered one by one: a row is missing';
    this.#log.fail('sub-gap', message, locate(key));
  }

  #checkGap(before: Uint8Array | undefined, key: Uint8Array): void {
    const previous = before === undefined ? 0n : decodeRevision(before).main;
    const reached = previous > this.#horizon ? previous : this.#horizon;
    const { main } = decodeRevision(key);
    if (main <= reached + 1n) return;
    const from = reached + 1n;
    const missing = main - 1n === from ? `revision ${from} is` : `revisions ${from} to ${main - 1n} are`;
    this.#log.fail('revision-gap', `${missing} missing, and nothing was compacted there`, locate(key));
  }
}

/** Whether the u64 at an offset is the same in both keys. */
function samePart(a: Uint8Array, b: Uint8Array, offset: number): boolean {
  for (let i = offset; i < offset + 8; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Whether the u64 at an offset of `next` is one more than that of `before`. */
function follows(before: Uint8Array, next: Uint8Array, offset: number): boolean {
  for (let i = offset + 7; i >= offset; i--) {
    if (next[i] !== ((before[i]! + 1) & 0xff)) return false;
    // Without a carry the bytes above are unchanged.
    if (before[i] !== 0xff) return before.subarray(offset, i).every((byte, at) => byte === next[offset + at]);
  }
  return false;
}

function isZero(key: Uint8Array, offset: number): boolean {
  for (let i = offset; i < offset + 8; i++) if (key[i] !== 0) return false;
  return true;
}
