import { equalBytes, HoldfastError, hasCode } from '../../base/index.ts';
import {
  decodeEntry,
  decodeHardState,
  decodeWalMetadata,
  decodeWalSnapshot,
  type HardState,
  type RaftEntry,
  type WalMetadata,
  type WalSnapshot,
} from './raft-messages.ts';
import { walRecordTypes } from './record.ts';
import { type ScannedRecord, scanWal, type WalEnd, type WalSegment } from './scan-wal.ts';
import { walCorrupt } from './wal-error.ts';

/** Where an entry is; `readWalEntry` fetches it. A log may be far larger than what should be held in memory. */
export interface WalEntryRef {
  readonly type: number;
  readonly term: bigint;
  readonly index: bigint;
  /** Position of the segment in the list. */
  readonly segment: number;
  /** Byte offset of the encoded entry within the segment. */
  readonly offset: number;
  readonly sizeBytes: number;
}

export interface WalContents {
  readonly metadata: WalMetadata;
  /** The last hard state; all zero when there was none. */
  readonly hardState: HardState;
  /** Snapshot records up to the commit index, in order of writing. Later ones were never in force. */
  readonly snapshots: readonly WalSnapshot[];
  /** Entries with an index above `entriesAfter`, ascending and without gap; replaced ones left out. */
  readonly entries: readonly WalEntryRef[];
  /** Index of the last entry or snapshot of the log; 0 for an empty log. */
  readonly lastIndex: bigint;
  readonly end: WalEnd;
}

export interface ReadWalOptions {
  /** Entries up to this index are checked but not listed; default 0. */
  readonly entriesAfter?: bigint;
}

/**
 * Reads a whole log: verifies every record, and lists the entries that are in force. An entry whose index was seen
 * before replaces the tail from there on, as raft does after a change of leader.
 *
 * Throws WAL_CORRUPT: damaged records, two identities in one log, none at all, a gap between listed entries, or a log
 * that ends below its own commit index.
 * Source: etcd server/storage/wal/wal.go ReadAll and ValidSnapshotEntries (3.6.14).
 */
export function readWal(segments: readonly WalSegment[], options: ReadWalOptions = {}): WalContents {
  const reading = new WalReading(segments, options.entriesAfter ?? 0n);
  const end = scanWal(segments, (record) => reading.take(record));
  return reading.finish(end);
}

class WalReading {
  readonly #segments: readonly WalSegment[];
  readonly #entriesAfter: bigint;
  readonly #snapshots: WalSnapshot[] = [];
  readonly #entries: WalEntryRef[] = [];
  #metadataBytes: Uint8Array | undefined;
  #hardState: HardState = { term: 0n, vote: 0n, commit: 0n };
  #lastIndex = 0n;

  constructor(segments: readonly WalSegment[], entriesAfter: bigint) {
    this.#segments = segments;
    this.#entriesAfter = entriesAfter;
  }

  take(record: ScannedRecord): void {
    try {
      this.#takeDecoded(record);
    } catch (error) {
      if (!hasCode(error, 'RECORD_INVALID')) throw error;
      throw this.#corrupt(record, `content does not decode (${error.message})`);
    }
  }

  #takeDecoded(record: ScannedRecord): void {
    switch (record.type) {
      case walRecordTypes.metadata:
        this.#takeMetadata(record);
        return;
      case walRecordTypes.entry:
        this.#takeEntry(record, decodeEntry(record.data));
        return;
      case walRecordTypes.state:
        this.#hardState = decodeHardState(record.data);
        return;
      case walRecordTypes.snapshot:
        this.#takeSnapshot(decodeWalSnapshot(record.data));
        return;
      case walRecordTypes.checksum:
        return;
    }
  }

  #takeMetadata(record: ScannedRecord): void {
    if (this.#metadataBytes !== undefined && !equalBytes(this.#metadataBytes, record.data)) {
      throw this.#corrupt(record, 'metadata differs from that of the segments before');
    }
    this.#metadataBytes = record.data.slice();
  }

  #takeSnapshot(snapshot: WalSnapshot): void {
    this.#snapshots.push(snapshot);
    if (snapshot.index <= this.#lastIndex) return;
    // A snapshot received from the leader: it stands for every entry up to its index.
    this.#lastIndex = snapshot.index;
    this.#entries.length = 0;
  }

  #takeEntry(record: ScannedRecord, entry: RaftEntry): void {
    this.#lastIndex = entry.index;
    const first = this.#entries[0]?.index ?? entry.index;
    if (entry.index <= this.#entriesAfter || entry.index < first) {
      this.#entries.length = 0;
      if (entry.index <= this.#entriesAfter) return;
    }
    const place = this.#entries.length === 0 ? 0 : Number(entry.index - first);
    if (place > this.#entries.length) throw this.#corrupt(record, `entry ${entry.index} follows a gap`);
    this.#entries.length = place;
    this.#entries.push({
      type: entry.type,
      term: entry.term,
      index: entry.index,
      segment: record.segment,
      offset: record.dataOffset,
      sizeBytes: record.data.length,
    });
  }

  finish(end: WalEnd): WalContents {
    if (this.#metadataBytes === undefined) throw walCorrupt('no metadata record', end.segment, end.offset);
    const commit = this.#hardState.commit;
    if (commit > this.#lastIndex) {
      throw walCorrupt(
        `log ends at index ${this.#lastIndex}, below its commit index ${commit},`,
        end.segment,
        end.offset,
      );
    }
    return {
      metadata: decodeWalMetadata(this.#metadataBytes),
      hardState: this.#hardState,
      snapshots: this.#snapshots.filter((snapshot) => snapshot.index <= commit),
      entries: this.#entries,
      lastIndex: this.#lastIndex,
      end,
    };
  }

  #corrupt(record: ScannedRecord, what: string): HoldfastError {
    return walCorrupt(what, this.#segments[record.segment]?.name ?? '', record.offset);
  }
}

/** Fetches an entry of the log that `readWal` has verified; its data is a fresh copy. */
export function readWalEntry(segments: readonly WalSegment[], ref: WalEntryRef): RaftEntry {
  const segment = segments[ref.segment]!;
  const bytes = new Uint8Array(ref.sizeBytes);
  if (segment.source.readInto(bytes, ref.offset) < ref.sizeBytes) {
    throw walCorrupt('entry no longer there', segment.name, ref.offset);
  }
  return decodeEntry(bytes);
}
