import { SliceMeter, type Steps } from '../../base/index.ts';
import { Uint32Column } from './columns.ts';
import { KeyTable } from './key-table.ts';
import { recordInvalid } from './record-fault.ts';
import { RecordScanner } from './record-scanner.ts';
import { revisionKeyBytes, revisionKeyFault } from './revision.ts';
import { type KeyValueStoreFile, scanRows } from './store-file.ts';

/** User keys, and which of them exist. Keys have ids from 0 on, in the order in which they were first written. */
export interface LiveKeySet {
  /** Distinct user keys in all rows, deleted ones included. */
  readonly size: number;
  /** A user key, as a view of the set. */
  key(id: number): Uint8Array;
  isAlive(id: number): boolean;
  /** The id of a user key, or -1 when no row has it. */
  find(key: Uint8Array): number;
  /** Keys that a client can read: a restore with a raised revision leaves a row with an empty key, which none can. */
  countLiveKeys(): number;
}

/**
 * The user keys of a store, and which of them exist at its newest revision: all that a `Keyspace` tells without order
 * and history, for a third of its cost.
 */
export class KeySet implements LiveKeySet {
  readonly #keys = new KeyTable();
  readonly #alive = new Uint32Column();

  get size(): number {
    return this.#alive.length;
  }

  key(id: number): Uint8Array {
    return this.#keys.arena.at(id);
  }

  isAlive(id: number): boolean {
    return this.#alive.get(id) === 1;
  }

  find(key: Uint8Array): number {
    return this.#keys.find(key, 0, key.length);
  }

  countLiveKeys(): number {
    const empty = this.find(new Uint8Array(0));
    let count = 0;
    for (let id = 0; id < this.size; id++) if (this.isAlive(id) && id !== empty) count++;
    return count;
  }

  /** Notes the newest row of `bytes[start, end)`; returns the key's id. */
  note(bytes: Uint8Array, start: number, end: number, isTombstone: boolean): number {
    const id = this.#keys.intern(bytes, start, end);
    if (id === this.#alive.length) this.#alive.push(0);
    this.#alive.set(id, isTombstone ? 0 : 1);
    return id;
  }
}

/** Told of each row: its key's id, its record and where in it things lie. All hold only until it returns. */
export type RowLook = (id: number, record: Uint8Array, parts: RecordScanner) => void;

/**
 * Collects the keys in one pass over bucket `key`, in slices; yields the bytes walked so far. Throws RECORD_INVALID
 * when a row does not decode.
 */
export function* collectKeysSteps(store: KeyValueStoreFile, look?: RowLook): Steps<KeySet> {
  const keys = new KeySet();
  const bucket = store.bucket('key');
  if (bucket === undefined) return keys;
  const scanner = new RecordScanner();
  const meter = new SliceMeter();
  for (const { key, value } of scanRows(bucket)) {
    const fault = revisionKeyFault(key) ?? scanner.scan(value);
    if (fault !== undefined) throw recordInvalid('key', fault);
    const id = keys.note(value, scanner.keyStart, scanner.keyEnd, key.length > revisionKeyBytes);
    look?.(id, value, scanner);
    if (meter.count(key.length + value.length)) yield meter.doneBytes;
  }
  return keys;
}
