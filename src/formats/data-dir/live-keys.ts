/** The present state of the keys that matter: read once from the store below, then kept up to date. */
import { HoldfastError } from '../../base/index.ts';
import { type KeyValueStoreFile, RecordScanner, revisionKeyBytes, revisionKeyFault } from '../mvcc/index.ts';
import { keyToText, lowerBound } from './overlay-store.ts';
import type { TextRange, WantedKeys } from './wanted-keys.ts';

export interface LiveKey {
  readonly createRevision: bigint;
  readonly modRevision: bigint;
  readonly version: bigint;
  /** Lease id in the record, 0 for none. */
  readonly lease: bigint;
  /** The lease that deletes the key when it ends; 0 when there is none, or it was gone when the server started. */
  readonly attachedLease: bigint;
  /** Where the record is in bucket `key`. */
  readonly rowKey: Uint8Array;
}

export class LiveKeys {
  readonly #live = new Map<string, LiveKey>();
  readonly #keysByLease = new Map<bigint, Set<string>>();
  /** Every key ever seen, in order; which of them live, `#live` says. */
  #sorted: string[] | undefined;

  /**
   * Reads the wanted keys of a store, in one pass over its rows. Throws RECORD_INVALID on a damaged row.
   * @param leaseExists whether a lease is stored
   */
  static read(store: KeyValueStoreFile, wanted: WantedKeys, leaseExists: (id: bigint) => boolean): LiveKeys {
    const keys = new LiveKeys();
    const rows = store.bucket('key');
    if (wanted.isEmpty || rows === undefined) return keys;
    const scanner = new RecordScanner();
    const attachedToWanted = new Set<string>();
    for (const { key: rowKey, value } of rows.entries()) {
      const fault = revisionKeyFault(rowKey) ?? scanner.scan(value);
      if (fault !== undefined) throw new HoldfastError('RECORD_INVALID', `a row of bucket key: ${fault}`);
      const text = keyToText(value.subarray(scanner.keyStart, scanner.keyEnd));
      const lease = scanner.hasLease ? scanner.lease : 0n;
      if (lease !== 0n && wanted.hasLease(lease)) attachedToWanted.add(text);
      if (!attachedToWanted.has(text) && !wanted.hasKey(text)) continue;
      if (rowKey.length > revisionKeyBytes) keys.delete(text);
      else {
        keys.set(text, {
          createRevision: uint64(scanner.createHigh, scanner.createLow),
          modRevision: uint64(scanner.modHigh, scanner.modLow),
          version: uint64(scanner.versionHigh, scanner.versionLow),
          lease,
          attachedLease: leaseExists(lease) ? lease : 0n,
          rowKey: rowKey.slice(),
        });
      }
    }
    return keys;
  }

  get(text: string): LiveKey | undefined {
    return this.#live.get(text);
  }

  set(text: string, state: LiveKey): void {
    const before = this.#live.get(text);
    if (before === undefined && this.#sorted !== undefined) this.#remember(text);
    this.#detach(text, before);
    this.#live.set(text, state);
    if (state.attachedLease === 0n) return;
    const keys = this.#keysByLease.get(state.attachedLease) ?? new Set();
    this.#keysByLease.set(state.attachedLease, keys.add(text));
  }

  delete(text: string): void {
    this.#detach(text, this.#live.get(text));
    this.#live.delete(text);
  }

  /** Keys that live in a range, in order. A fresh list: the keys may be changed while it is gone through. */
  inRange({ from, to }: TextRange): string[] {
    this.#sorted ??= [...this.#live.keys()].sort();
    const sorted = this.#sorted;
    const start = lowerBound(sorted, from);
    const end = to === undefined ? sorted.length : lowerBound(sorted, to);
    return sorted.slice(start, Math.max(start, end)).filter((text) => this.#live.has(text));
  }

  /** Keys attached to a lease, in order. A fresh list. */
  ofLease(id: bigint): string[] {
    return [...(this.#keysByLease.get(id) ?? [])].sort();
  }

  #detach(text: string, state: LiveKey | undefined): void {
    if (state !== undefined) this.#keysByLease.get(state.attachedLease)?.delete(text);
  }

  #remember(text: string): void {
    const sorted = this.#sorted!;
    const place = lowerBound(sorted, text);
    if (sorted[place] !== text) sorted.splice(place, 0, text);
  }
}

function uint64(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}
