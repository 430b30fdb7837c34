/** Collects the rows of a store in commit order and groups them by key. */
import { HoldfastError } from '../../base/index.ts';
import {
  compareMain,
  KeyTable,
  readUint32At,
  RecordScanner,
  type RevisionBound,
  revisionBound,
  revisionKeyBytes,
  revisionKeyFault,
  type StoreRevision,
  Uint32Column,
} from '../mvcc/index.ts';
import {
  KeyIndex,
  type KeyIndexParts,
  nowhere,
  type RowColumn,
  rowColumns,
  tombstoneBit,
} from './key-index.ts';

/** An index, and what else a pass over all rows in commit order finds out. */
export interface IndexedRows {
  readonly index: KeyIndex;
  /** Number in the index of each row, in commit order. */
  readonly commitOrder: Uint32Array;
  /** Lease of each key that has one, by rank, if that was asked for. */
  readonly leases: ReadonlyMap<number, bigint>;
  /**
   * Pages that the database's trees and metas take; leaves of other buckets than `key` count as one page each.
   * Undefined when the pass did not see pages.
   */
  readonly usedPages?: number;
}

export class IndexBuilder {
  readonly #keys = new KeyTable();
  readonly #scanner = new RecordScanner();
  /** Arena id of each row's key. */
  readonly #keyIds = new Uint32Column();
  readonly #leasesAt: RevisionBound | undefined;
  /** By arena id. */
  readonly #leases = new Map<number, bigint>();
  readonly #columns = Object.fromEntries(rowColumns.map((name) => [name, new Uint32Column()])) as Record<
    RowColumn,
    Uint32Column
  >;

  /** @param leasesAt main revision at which to note which keys have a lease; without it, at none */
  constructor(leasesAt?: bigint) {
    this.#leasesAt = leasesAt === undefined ? undefined : revisionBound(leasesAt);
  }

  /**
   * Adds a row. Rows come in commit order. Throws RECORD_INVALID.
   * @param offset of the record in the file, if it has one place there
   */
  add(rowKey: Uint8Array, record: Uint8Array, offset: number | undefined): void {
    const scanner = this.#scanner;
    const fault = revisionKeyFault(rowKey) ?? scanner.scan(record);
    if (fault !== undefined) throw recordInvalid(fault);
    const sub = readUint32At(rowKey, 13);
    if (readUint32At(rowKey, 9) !== 0 || sub >= tombstoneBit) throw recordInvalid('its sub is out of range');
    const columns = this.#columns;
    columns.mainHigh.push(readUint32At(rowKey, 0));
    columns.mainLow.push(readUint32At(rowKey, 4));
    columns.sub.push(rowKey.length > revisionKeyBytes ? sub + tombstoneBit : sub);
    columns.createHigh.push(scanner.createHigh);
    columns.createLow.push(scanner.createLow);
    columns.version.push(scanner.versionLow);
    columns.recordBytes.push(record.length);
    columns.offsetHigh.push(offset === undefined ? nowhere : Math.floor(offset / 0x1_0000_0000));
    columns.offsetLow.push(offset === undefined ? 0 : offset >>> 0);
    const id = this.#keys.intern(record, scanner.keyStart, scanner.keyEnd);
    this.#keyIds.push(id);
    if (this.#leasesAt !== undefined && compareMain(rowKey, this.#leasesAt) <= 0) {
      if (scanner.hasLease) this.#leases.set(id, scanner.lease);
      else if (this.#leases.size > 0) this.#leases.delete(id);
    }
  }

  /** The index of all rows; the builder is used up. */
  finish(revision: StoreRevision): IndexedRows {
    const sortedIds = this.#keys.arena.sortedIds();
    const { keyBytes, keyEnds } = this.#joinKeys(sortedIds);
    const { starts, places } = this.#groupRows(sortedIds);
    const flat = rowColumns.map((name) => [name, this.#scatter(name, places)] as const);
    const index = new KeyIndex({
      ...(Object.fromEntries(flat) as Record<RowColumn, Uint32Array>),
      currentRevision: revision.current,
      compactRevision: revision.compact,
      keyBytes,
      keyEnds,
      starts,
    } satisfies KeyIndexParts);
    return { index, commitOrder: places, leases: this.#leasesByRank(sortedIds) };
  }

  #leasesByRank(sortedIds: Uint32Array): ReadonlyMap<number, bigint> {
    const leases = new Map<number, bigint>();
    if (this.#leases.size === 0) return leases;
    sortedIds.forEach((id, rank) => {
      const lease = this.#leases.get(id);
      if (lease !== undefined) leases.set(rank, lease);
    });
    return leases;
  }

  #joinKeys(sortedIds: Uint32Array): Pick<KeyIndexParts, 'keyBytes' | 'keyEnds'> {
    const { arena } = this.#keys;
    const keyEnds = new Uint32Array(sortedIds.length);
    let total = 0;
    for (let rank = 0; rank < sortedIds.length; rank++)
      keyEnds[rank] = total += arena.length(sortedIds[rank]!);
    const keyBytes = new Uint8Array(total);
    let end = 0;
    for (let rank = 0; rank < sortedIds.length; rank++) end = arena.copyTo(sortedIds[rank]!, keyBytes, end);
    return { keyBytes, keyEnds };
  }

  /** A counting sort: where each row goes. Rows stay in order within their key. */
  #groupRows(sortedIds: Uint32Array): { readonly starts: Uint32Array; readonly places: Uint32Array } {
    const keyIds = this.#keyIds;
    const rankOf = new Uint32Array(sortedIds.length);
    sortedIds.forEach((id, rank) => (rankOf[id] = rank));
    const starts = new Uint32Array(sortedIds.length + 1);
    for (let row = 0; row < keyIds.length; row++) starts[rankOf[keyIds.get(row)]! + 1]!++;
    for (let rank = 1; rank < starts.length; rank++) starts[rank]! += starts[rank - 1]!;
    const next = starts.slice();
    const places = new Uint32Array(keyIds.length);
    for (let row = 0; row < places.length; row++) places[row] = next[rankOf[keyIds.get(row)]!]!++;
    return { starts, places };
  }

  /** Moves a column's rows to their places; the column is given up, so that two never stand side by side for long. */
  #scatter(name: RowColumn, places: Uint32Array): Uint32Array {
    const column = this.#columns[name];
    const flat = new Uint32Array(places.length);
    for (let row = 0; row < places.length; row++) flat[places[row]!] = column.get(row);
    Reflect.deleteProperty(this.#columns, name);
    return flat;
  }
}

function recordInvalid(what: string): HoldfastError {
  return new HoldfastError('RECORD_INVALID', `a row of bucket key: ${what}`);
}
