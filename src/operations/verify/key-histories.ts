/**
 * What is remembered of each user key while its rows pass by, and the rules that successive rows of a key obey.
 *
 * A generation starts with version 1 and create = mod, counts versions up one by one with create unchanged, and ends
 * with a tombstone. Compaction removes rows at or below its revision except the newest of each living key, so a row up
 * to there may follow a gap; a row above it may not.
 *
 * Source: etcd server/storage/mvcc/{kvstore_txn,key_index}.go (3.6.14).
 */
import {
  KeyTable,
  type LiveKeySet,
  type RecordScanner,
  Uint32Column,
  Uint64Column,
} from '../../formats/mvcc/index.ts';
import type { FindingLog } from './check-report.ts';
import { locate } from './row-location.ts';

/** A row that is well-formed so far. */
export interface HistoryRow {
  /** 17 or 18 bytes. */
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** Has scanned `value`. */
  readonly record: RecordScanner;
  readonly mainHigh: number;
  readonly mainLow: number;
  readonly tombstone: boolean;
  /** At or below a compaction that was asked for, finished or not: rows before it may be gone. */
  readonly mayFollowGap: boolean;
  /** At or below the finished compaction: only the newest row of a key should be left. */
  readonly compacted: boolean;
  /** Exactly at the finished compaction, where newer releases keep tombstones. */
  readonly atCompaction: boolean;
}

const flags = { alive: 1, deleted: 2, hasCompactedRow: 4 } as const;

export class KeyHistories implements LiveKeySet {
  readonly #log: { readonly records: FindingLog; readonly compaction: FindingLog };
  readonly #keys = new KeyTable();
  readonly #flags = new Uint32Column();
  readonly #creates = new Uint64Column();
  readonly #versions = new Uint64Column();
  /** Lease of the newest row: its id in `#leases` + 1, or 0. */
  readonly #leaseOfKey = new Uint32Column();
  readonly #leases = new KeyTable();
  readonly #keysOfLease = new Uint32Column();
  readonly #leaseKey = new Uint8Array(8);
  #liveKeys = 0;
  #compactionLeftovers = 0;

  constructor(log: { readonly records: FindingLog; readonly compaction: FindingLog }) {
    this.#log = log;
  }

  get size(): number {
    return this.#keys.size;
  }

  countLiveKeys(): number {
    return this.#liveKeys;
  }

  /** Rows that a finished compaction should have removed. */
  get compactionLeftovers(): number {
    return this.#compactionLeftovers;
  }

  /** Leases that living keys hang on: key in bucket `lease` (a view) and number of keys. */
  *usedLeases(): Generator<{ readonly leaseKey: Uint8Array; readonly keys: number }> {
    for (let id = 0; id < this.#keysOfLease.length; id++) {
      const keys = this.#keysOfLease.get(id);
      if (keys > 0) yield { leaseKey: this.#leases.arena.at(id), keys };
    }
  }

  /** A user key, as a view of the table. Ids count from 0, in the order in which keys were first written. */
  key(id: number): Uint8Array {
    return this.#keys.arena.at(id);
  }

  /** Whether a key exists after the rows so far. */
  isAlive(id: number): boolean {
    return (this.#flags.get(id) & flags.alive) !== 0;
  }

  /** The id of a user key, or -1. */
  find(key: Uint8Array): number {
    return this.#keys.find(key, 0, key.length);
  }

  /** Takes the next row into account and reports what is wrong with it; returns its key's id. */
  add(row: HistoryRow): number {
    const known = this.#keys.size;
    const id = this.#keys.intern(row.value, row.record.keyStart, row.record.keyEnd);
    if (id === known) this.#addKey();
    if (row.tombstone) this.#checkTombstone(id, row);
    else this.#checkPut(id, row);
    this.#noteCompaction(id, row);
    this.#setLease(id, row);
    this.#remember(id, row);
    return id;
  }

  #addKey(): void {
    this.#flags.push(0);
    this.#creates.push(0, 0);
    this.#versions.push(0, 0);
    this.#leaseOfKey.push(0);
  }

  #checkPut(id: number, row: HistoryRow): void {
    const fault = this.#recordFault(row) ?? this.#sequenceFault(id, row);
    if (fault !== undefined) this.#fail(fault[0], fault[1], row);
  }

  /** What is wrong with a record by itself. */
  #recordFault({ record, mainHigh, mainLow }: HistoryRow): Fault | undefined {
    const { createHigh, createLow, modHigh, modLow, versionHigh, versionLow } = record;
    if (modHigh !== mainHigh || modLow !== mainLow) {
      return ['mod-revision', 'the mod revision of a record is not the revision of its row'];
    }
    if (isZero(createHigh, createLow) || isAbove(createHigh, createLow, modHigh, modLow)) {
      return ['create-revision', 'the create revision of a record is zero or above its mod revision'];
    }
    if (isZero(versionHigh, versionLow) || versionHigh >= 0x8000_0000) {
      return ['version-range', 'the version of a record is zero or negative'];
    }
    const isFirst = isOne(versionHigh, versionLow);
    if (isFirst !== (createHigh === modHigh && createLow === modLow)) {
      return ['version-create', 'the version of a record is 1 and it is no creation, or the other way round'];
    }
    return undefined;
  }

  /** What is wrong with a record after the one before it. */
  #sequenceFault(id: number, { record, mayFollowGap }: HistoryRow): Fault | undefined {
    const { versionHigh, versionLow } = record;
    const isFirst = isOne(versionHigh, versionLow);
    const state = this.#flags.get(id);
    if ((state & flags.alive) === 0) {
      if (isFirst || mayFollowGap) return undefined;
      return (state & flags.deleted) === 0
        ? ['history-missing', 'the first row of a key is not its creation, and nothing was compacted there']
        : ['version-after-delete', 'the version of a record does not start at 1 after a deletion'];
    }
    if (mayFollowGap) return this.#gapFault(id, record);
    if (isFirst) return ['tombstone-missing', 'a key is created although it exists'];
    if (record.createHigh !== this.#creates.high(id) || record.createLow !== this.#creates.low(id)) {
      return ['create-changed', 'the create revision changes while a key exists'];
    }
    const before = this.#versions.low(id);
    const carries = before === 0xffff_ffff;
    const nextHigh = this.#versions.high(id) + (carries ? 1 : 0);
    if (versionLow === (carries ? 0 : before + 1) && versionHigh === nextHigh) return undefined;
    return ['version-step', 'the version of a record is not one more than that of the row before'];
  }

  /** Where rows may be gone, versions and creations still only go up. */
  #gapFault(id: number, record: RecordScanner): Fault | undefined {
    const [high, low] = [this.#creates.high(id), this.#creates.low(id)];
    if (isAbove(record.createHigh, record.createLow, high, low)) return undefined;
    if (isAbove(high, low, record.createHigh, record.createLow)) {
      return ['create-changed', 'the create revision of a key goes down'];
    }
    const { versionHigh, versionLow } = record;
    if (isAbove(versionHigh, versionLow, this.#versions.high(id), this.#versions.low(id))) return undefined;
    return ['version-step', 'the version of a record is not above that of the row before'];
  }

  #checkTombstone(id: number, row: HistoryRow): void {
    const { record, value } = row;
    if (record.keyEnd !== value.length || !isAlone(record)) {
      this.#fail('tombstone-fields', 'a tombstone holds more than its key', row);
    }
    const state = this.#flags.get(id);
    if ((state & flags.alive) !== 0 || row.mayFollowGap) return;
    if ((state & flags.deleted) !== 0) this.#fail('tombstone-twice', 'a deleted key is deleted again', row);
    else this.#fail('tombstone-alone', 'a key is deleted that no row has created', row);
  }

  #noteCompaction(id: number, row: HistoryRow): void {
    if (!row.compacted) return;
    if ((this.#flags.get(id) & flags.hasCompactedRow) !== 0)
      this.#addLeftover(row, 'an older row of the same key');
    if (row.tombstone && !row.atCompaction) this.#addLeftover(row, 'a tombstone');
  }

  #addLeftover(row: HistoryRow, what: string): void {
    this.#compactionLeftovers++;
    const message = `the finished compaction left ${what} behind`;
    this.#log.compaction.warn('compaction-leftover', message, locate(row.key));
  }

  #setLease(id: number, row: HistoryRow): void {
    const { record } = row;
    const before = this.#leaseOfKey.get(id);
    if (before !== 0) this.#keysOfLease.set(before - 1, this.#keysOfLease.get(before - 1) - 1);
    else if (!record.hasLease) return;
    if (!record.hasLease) {
      this.#leaseOfKey.set(id, 0);
      return;
    }
    const key = new DataView(this.#leaseKey.buffer);
    key.setUint32(0, record.leaseHigh);
    key.setUint32(4, record.leaseLow);
    const lease = this.#leases.intern(this.#leaseKey, 0, 8);
    if (lease === this.#keysOfLease.length) this.#keysOfLease.push(0);
    this.#keysOfLease.set(lease, this.#keysOfLease.get(lease) + 1);
    this.#leaseOfKey.set(id, lease + 1);
  }

  #remember(id: number, { record, tombstone, compacted }: HistoryRow): void {
    const wasAlive = (this.#flags.get(id) & flags.alive) !== 0;
    this.#liveKeys += (tombstone ? 0 : 1) - (wasAlive ? 1 : 0);
    this.#flags.set(id, (tombstone ? flags.deleted : flags.alive) | (compacted ? flags.hasCompactedRow : 0));
    this.#creates.set(id, record.createHigh, record.createLow);
    this.#versions.set(id, record.versionHigh, record.versionLow);
  }

  #fail(code: string, message: string, row: HistoryRow): void {
    this.#log.records.fail(code, message, locate(row.key));
  }
}

type Fault = readonly [code: string, message: string];

function isAlone(record: RecordScanner): boolean {
  return (
    isZero(record.createHigh, record.createLow) &&
    isZero(record.modHigh, record.modLow) &&
    isZero(record.versionHigh, record.versionLow) &&
    !record.hasLease
  );
}

function isZero(high: number, low: number): boolean {
  return high === 0 && low === 0;
}

function isOne(high: number, low: number): boolean {
  return high === 0 && low === 1;
}

function isAbove(high: number, low: number, otherHigh: number, otherLow: number): boolean {
  return high !== otherHigh ? high > otherHigh : low > otherLow;
}
