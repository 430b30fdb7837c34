/** Keys and values of files through an index of their rows: snapshots, databases, and data dirs with their log. */
import { displayText, equalBytes, HoldfastError } from '../../../base/index.ts';
import type { KeyIndex } from '../../../formats/key-index/index.ts';
import { findStoragePrefixes, knownStoragePrefixes } from '../../../formats/kubernetes-object/index.ts';
import {
  type KeyRange,
  type KeyValueStoreFile,
  RecordScanner,
  resolveRevision,
  revisionBound,
} from '../../../formats/mvcc/index.ts';
import { asAsync, asPromise } from './as-async.ts';
import type { ObjectSource, SourceEntry, SourceKey, SourceRevision, SourceRow } from './object-source.ts';

/** Gives the record of a row: fresh bytes, or a view that nobody writes to. */
export type ReadRecord = (row: number) => Uint8Array;

export interface IndexedSourceOptions {
  readonly kind: 'file' | 'data-dir';
  readonly description: string;
  readonly index: KeyIndex;
  readonly readRecord: ReadRecord;
  readonly revision: bigint;
  readonly prefix: string | undefined;
  readonly close: () => void;
}

/** Opens a source over an index. Errors: REVISION_COMPACTED, REVISION_FUTURE, USAGE. */
export function openIndexedSource(options: IndexedSourceOptions): ObjectSource {
  return new IndexedSource(options);
}

/** Reads records where the index says that they lie. */
export function recordsInFile(
  index: KeyIndex,
  readInto: (target: Uint8Array, offset: number) => number,
  store: KeyValueStoreFile,
): ReadRecord {
  const lookUp = recordsInStore(index, store);
  return (row) => {
    const offset = index.offset(row);
    if (offset === undefined) return lookUp(row);
    const bytes = new Uint8Array(index.parts.recordBytes[row]!);
    if (readInto(bytes, offset) < bytes.length) throw notThere();
    return bytes;
  };
}

/** Looks records up by their row keys. */
export function recordsInStore(index: KeyIndex, store: KeyValueStoreFile): ReadRecord {
  const bucket = store.bucket('key');
  return (row) => {
    const record = bucket?.get(index.rowKey(row));
    if (record === undefined) throw notThere();
    return record;
  };
}

function notThere(): HoldfastError {
  return new HoldfastError('RECORD_INVALID', 'a record is not where the index of the keys has it', {
    hint: 'The file was changed meanwhile: remove FILE.holdfast-index beside it, and look again.',
  });
}

class IndexedSource implements ObjectSource {
  readonly kind: 'file' | 'data-dir';
  readonly description: string;
  readonly prefixes: readonly string[];
  readonly revision: bigint;
  readonly currentRevision: bigint;
  readonly compactRevision: bigint;
  readonly #index: KeyIndex;
  readonly #readRecord: ReadRecord;
  readonly #close: () => void;
  readonly #scanner = new RecordScanner();

  constructor({ kind, description, index, readRecord, revision, prefix, close }: IndexedSourceOptions) {
    const { currentRevision, compactRevision } = index.parts;
    this.kind = kind;
    this.description = description;
    this.#index = index;
    this.#readRecord = readRecord;
    this.#close = close;
    this.currentRevision = currentRevision;
    this.compactRevision = compactRevision;
    this.revision = resolveRevision(revision, { current: currentRevision, compact: compactRevision });
    this.prefixes = prefix === undefined ? findPrefixes(index) : [prefix];
  }

  keys(range?: KeyRange): AsyncIterable<SourceKey> {
    return asAsync(this.#live(range));
  }

  entries(range?: KeyRange): AsyncIterable<SourceEntry> {
    return asAsync(this.#entries(range));
  }

  find(key: Uint8Array): Promise<SourceKey | undefined> {
    const rank = this.#index.find(key);
    const row = rank === undefined ? undefined : this.#index.liveRow(rank, this.revision);
    return Promise.resolve(row === undefined ? undefined : new IndexedKey(this.#index, rank!, row));
  }

  value({ key, row }: SourceKey): Promise<Uint8Array> {
    return asPromise(() => this.#value(row, key));
  }

  entry(key: SourceKey): Promise<SourceEntry> {
    return asPromise(() => this.#entry(key));
  }

  history(key: Uint8Array): Promise<readonly SourceRevision[]> {
    return asPromise(() => this.#history(key));
  }

  rows(range?: KeyRange): AsyncIterable<SourceRow> {
    return asAsync(this.#rows(range));
  }

  newest(count: number): Promise<readonly SourceKey[]> {
    const best: IndexedKey[] = [];
    const keepBest = () => {
      best.sort((a, b) => (a.modRevision < b.modRevision ? 1 : -1)).splice(count);
    };
    const index = this.#index;
    const { mainHigh, mainLow } = index.parts;
    const bound = revisionBound(this.revision);
    // Rounded beyond 2^53, which lets some through that are then sorted out.
    let least = 0;
    for (let rank = 0; rank < index.keyCount; rank++) {
      const row = index.liveRowAt(rank, bound);
      if (row < 0 || mainHigh[row]! * 0x1_0000_0000 + mainLow[row]! < least) continue;
      best.push(new IndexedKey(index, rank, row));
      if (best.length < 4 * count) continue;
      keepBest();
      least = Number(best.at(-1)!.modRevision);
    }
    keepBest();
    return Promise.resolve(best);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    return Promise.resolve();
  }

  *#entries(range: KeyRange | undefined): Generator<SourceEntry> {
    for (const key of this.#live(range)) yield this.#entry(key);
  }

  #entry(key: SourceKey): SourceEntry {
    const value = this.#value(key.row, key.key);
    return { key, value, lease: this.#scannedLease() };
  }

  #history(key: Uint8Array): SourceRevision[] {
    const index = this.#index;
    const rank = index.find(key);
    if (rank === undefined) return [];
    const revisions: SourceRevision[] = [];
    const end = index.endAt(rank, this.revision);
    for (let row = index.parts.starts[rank]!; row < end; row++) {
      const facts = { modRevision: index.main(row), sub: BigInt(index.subRevision(row)) };
      if (index.isTombstone(row)) {
        revisions.push({ ...facts, createRevision: 0n, version: 0n, deleted: true, lease: 0n });
        continue;
      }
      const value = this.#value(row, key);
      revisions.push({
        ...facts,
        createRevision: index.createRevision(row),
        version: BigInt(index.parts.version[row]!),
        deleted: false,
        lease: this.#scannedLease(),
        value,
      });
    }
    return revisions;
  }

  *#rows(range: KeyRange | undefined): Generator<SourceRow> {
    const index = this.#index;
    const { recordBytes, starts } = index.parts;
    const [from, to] = this.#ranks(range);
    for (let rank = from; rank < to; rank++) {
      const key = index.key(rank);
      const end = index.endAt(rank, this.revision);
      for (let row = starts[rank]!; row < end; row++) {
        const deleted = index.isTombstone(row);
        const isLive = !deleted && row === end - 1;
        yield { key, modRevision: index.main(row), deleted, recordBytes: recordBytes[row]!, isLive };
      }
    }
  }

  *#live(range: KeyRange | undefined): Generator<IndexedKey> {
    const [from, to] = this.#ranks(range);
    for (let rank = from; rank < to; rank++) {
      const row = this.#index.liveRow(rank, this.revision);
      if (row !== undefined) yield new IndexedKey(this.#index, rank, row);
    }
  }

  #ranks(range: KeyRange | undefined): readonly [from: number, to: number] {
    const { keyCount } = this.#index;
    if (range === undefined) return [0, keyCount];
    const to = range.to === undefined ? keyCount : this.#index.lowerBound(range.to);
    return [this.#index.lowerBound(range.from), to];
  }

  /** The value in a row's record, after a check that it is the record that was meant. */
  #value(row: number, key: Uint8Array): Uint8Array {
    const record = this.#readRecord(row);
    const scanner = this.#scanner;
    const isMeant =
      scanner.scan(record) === undefined &&
      equalBytes(record.subarray(scanner.keyStart, scanner.keyEnd), key) &&
      scanner.modLow === this.#index.parts.mainLow[row] &&
      scanner.modHigh === this.#index.parts.mainHigh[row];
    if (!isMeant) throw notThere();
    return record.subarray(scanner.valueStart, scanner.valueEnd);
  }

  /** Of the record whose value was read last. */
  #scannedLease(): bigint {
    return this.#scanner.hasLease ? this.#scanner.lease : 0n;
  }
}

/** A key of the index; its facts are made when they are asked for. */
class IndexedKey implements SourceKey {
  readonly row: number;
  readonly #index: KeyIndex;
  readonly #rank: number;

  constructor(index: KeyIndex, rank: number, row: number) {
    this.#index = index;
    this.#rank = rank;
    this.row = row;
  }

  get key(): Uint8Array {
    return this.#index.key(this.#rank);
  }

  get createRevision(): bigint {
    return this.#index.createRevision(this.row);
  }

  get modRevision(): bigint {
    return this.#index.main(this.row);
  }

  get version(): bigint {
    return BigInt(this.#index.parts.version[this.row]!);
  }

  get recordBytes(): number {
    return this.#index.parts.recordBytes[this.row]!;
  }
}

/** The known prefixes are looked up; only where none of them is there, all keys are looked at. */
function findPrefixes(index: KeyIndex): readonly string[] {
  const known = knownStoragePrefixes.filter((prefix) => {
    const rank = index.lowerBound(Buffer.from(`${prefix}/`));
    return rank < index.keyCount && displayText(index.key(rank)).startsWith(`${prefix}/`);
  });
  return known.length > 0 ? known : findStoragePrefixes(everyKey(index));
}

function* everyKey(index: KeyIndex): Generator<Uint8Array> {
  for (let rank = 0; rank < index.keyCount; rank++) yield index.key(rank);
}
