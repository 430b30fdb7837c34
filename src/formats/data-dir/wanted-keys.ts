/**
 * Which keys of a store matter for the entries that are to be applied: those that they name, and those that hang on
 * leases that they revoke. Collected first, so that one pass over the store finds them all and the rest need not be
 * held in memory.
 */
import type { KeyRangeRequest, PutRequest, RequestOp, TxnRequest } from './kv-requests.ts';
import { keyToText } from './overlay-store.ts';
import type { RaftRequest } from './raft-request.ts';

/** Keys from `from` up to but not including `to`, as latin-1 text; to the end without `to`. */
export interface TextRange {
  readonly from: string;
  readonly to: string | undefined;
}

export class WantedKeys {
  readonly #keys = new Set<string>();
  readonly #ranges: TextRange[] = [];
  readonly #leases = new Set<bigint>();
  readonly #leasesOfPuts = new Set<bigint>();
  #merged: TextRange[] | undefined;

  get isEmpty(): boolean {
    return this.#keys.size === 0 && this.#ranges.length === 0 && this.#leases.size === 0;
  }

  /** Notes what a request needs to know of the store. */
  add(request: RaftRequest): void {
    if (request.kind === 'put') this.#addPut(request.put);
    else if (request.kind === 'deleteRange') this.#addRange(request.deleteRange);
    else if (request.kind === 'txn') this.#addTxn(request.txn);
    else if (request.kind === 'leaseRevoke') this.#leases.add(request.id);
  }

  /** With auth on, attaching a key to a lease takes permission for every other key on it. */
  addLeasesOfPuts(): void {
    for (const id of this.#leasesOfPuts) this.#leases.add(id);
  }

  hasKey(text: string): boolean {
    if (this.#keys.has(text)) return true;
    this.#merged ??= mergeRanges(this.#ranges);
    const ranges = this.#merged;
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ranges[middle]!.from <= text) low = middle + 1;
      else high = middle;
    }
    const range = ranges[low - 1];
    return range !== undefined && (range.to === undefined || text < range.to);
  }

  hasLease(id: bigint): boolean {
    return this.#leases.has(id);
  }

  #addPut({ key, lease }: PutRequest): void {
    this.#keys.add(keyToText(key));
    if (lease !== 0n) this.#leasesOfPuts.add(lease);
  }

  #addTxn(txn: TxnRequest): void {
    for (const compare of txn.compare) this.#addRange(compare);
    for (const op of [...txn.success, ...txn.failure]) this.#addOp(op);
  }

  #addOp(op: RequestOp): void {
    if (op.kind === 'put') this.#addPut(op.put);
    else if (op.kind === 'deleteRange') this.#addRange(op.deleteRange);
    else if (op.kind === 'txn') this.#addTxn(op.txn);
  }

  #addRange(request: KeyRangeRequest): void {
    const range = textRange(request);
    if (range === undefined) this.#keys.add(keyToText(request.key));
    else this.#ranges.push(range);
    this.#merged = undefined;
  }
}

/** The range that a request means, or undefined for its key alone. */
export function textRange({ key, rangeEnd }: KeyRangeRequest): TextRange | undefined {
  if (rangeEnd.length === 0) return undefined;
  const isOpen = rangeEnd.length === 1 && rangeEnd[0] === 0;
  return { from: keyToText(key), to: isOpen ? undefined : keyToText(rangeEnd) };
}

/** Ranges in order, overlapping ones joined, empty ones left out. */
export function mergeRanges(ranges: readonly TextRange[]): TextRange[] {
  const merged: { from: string; to: string | undefined }[] = [];
  const sorted = ranges
    .filter(({ from, to }) => to === undefined || from < to)
    .sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last === undefined || (last.to !== undefined && last.to < range.from)) merged.push({ ...range });
    else if (last.to !== undefined && (range.to === undefined || range.to > last.to)) last.to = range.to;
  }
  return merged;
}
