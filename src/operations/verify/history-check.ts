/** One pass over bucket `key`: every row, its revision, its record, its place in the history of its key. */
import { readUint64BigEndian, SliceMeter, type Steps } from '../../base/index.ts';
import {
  compareMain,
  HashKvRows,
  type KeyValueStoreFile,
  readCompactionMarks,
  readStoreRevision,
  readUint32At,
  RecordScanner,
  type RevisionBound,
  type RowLook,
  revisionBound,
  revisionKeyBytes,
  revisionKeyFault,
  scanRows,
  type StoreEntry,
} from '../../formats/mvcc/index.ts';
import { counted, FindingLog, type VerifyCheck } from './check-report.ts';
import { KeyHistories } from './key-histories.ts';
import { RevisionSequence } from './revision-sequence.ts';
import { locate } from './row-location.ts';

export interface HistoryChecks {
  readonly revisions: VerifyCheck;
  readonly records: VerifyCheck;
  readonly compaction: VerifyCheck;
  /** For the check of leases. */
  readonly histories: KeyHistories;
  /** HashKV at the newest revision, where it was asked for; of sound rows. */
  readonly kvHash: number | undefined;
}

export interface HistoryOptions {
  /** Shown each row that has a key, so that who needs the rows as well need not read them again. */
  readonly look?: RowLook | undefined;
  readonly hashKv?: boolean | undefined;
}

/** Checks all rows. Damage never throws; memory grows with the number of keys. */
export function* checkHistory(store: KeyValueStoreFile, options: HistoryOptions = {}): Steps<HistoryChecks> {
  const pass = new HistoryPass(store, options);
  const meter = new SliceMeter();
  const bucket = store.bucket('key');
  const rows = bucket && scanRows(bucket)[Symbol.iterator]();
  for (;;) {
    const row = pass.next(rows);
    if (row === undefined) break;
    pass.add(row);
    if (meter.count(row.key.length + row.value.length)) yield meter.doneBytes;
  }
  return pass.finish();
}

class HistoryPass {
  readonly #logs = { revisions: new FindingLog(), records: new FindingLog(), compaction: new FindingLog() };
  readonly #scanner = new RecordScanner();
  readonly #sequence: RevisionSequence;
  readonly #histories: KeyHistories;
  readonly #marks: { scheduled: bigint; finished: bigint };
  readonly #finished: RevisionBound;
  readonly #horizon: RevisionBound;
  readonly #look: RowLook | undefined;
  #hashKv: HashKvRows | undefined;
  #rows = 0;
  #bumpMark: bigint | undefined;

  constructor(store: KeyValueStoreFile, { look, hashKv = false }: HistoryOptions) {
    this.#look = look;
    if (hashKv) this.#logs.revisions.guard(() => (this.#hashKv = new HashKvRows(readStoreRevision(store))));
    this.#marks = this.#readMarks(store);
    const { scheduled, finished } = this.#marks;
    const horizon = scheduled > finished ? scheduled : finished;
    this.#finished = revisionBound(finished);
    this.#horizon = revisionBound(horizon);
    this.#sequence = new RevisionSequence(horizon, this.#logs.revisions);
    this.#histories = new KeyHistories(this.#logs);
  }

  /** The next row, or undefined at the end or where damage ends the walk. */
  next(rows: Iterator<StoreEntry> | undefined): StoreEntry | undefined {
    let row: StoreEntry | undefined;
    this.#logs.revisions.guard(() => {
      const next = rows?.next();
      row = next === undefined || next.done === true ? undefined : next.value;
    });
    return row;
  }

  add({ key, value }: StoreEntry): void {
    this.#rows++;
    const keyFault = revisionKeyFault(key);
    if (keyFault !== undefined) {
      this.#logs.revisions.fail('revision-key', `a row's key is no revision: ${keyFault}`, locate(key));
      return;
    }
    const order = compareMain(key, this.#horizon);
    this.#sequence.add(key, order > 0);
    const fault = this.#scanner.scan(value);
    if (fault !== undefined) {
      this.#logs.records.fail('record-undecodable', `a record does not decode: ${fault}`, locate(key));
      return;
    }
    const tombstone = key.length > revisionKeyBytes;
    if (this.#scanner.keyStart === this.#scanner.keyEnd) {
      this.#addKeyless(key, value, order <= 0 && !tombstone);
      this.#hashKv?.add({ key, value }, undefined);
      return;
    }
    const finishedOrder = compareMain(key, this.#finished);
    const id = this.#histories.add({
      key,
      value,
      record: this.#scanner,
      mainHigh: readUint32At(key, 0),
      mainLow: readUint32At(key, 4),
      tombstone,
      mayFollowGap: order <= 0,
      compacted: finishedOrder <= 0,
      atCompaction: finishedOrder === 0,
    });
    this.#look?.(id, value, this.#scanner);
    this.#hashKv?.add({ key, value }, id);
  }

  finish(): HistoryChecks {
    this.#checkMarks();
    const keys = this.#histories;
    return {
      revisions: this.#logs.revisions.check('revisions', this.#sequence.facts(this.#rows)),
      records: this.#logs.records.check(
        'records',
        `${counted(keys.size, 'key')}, ${keys.countLiveKeys()} alive`,
      ),
      compaction: this.#logs.compaction.check('compaction', this.#compactionFacts()),
      histories: this.#histories,
      kvHash: this.#hashKv?.finish(),
    };
  }

  #compactionFacts(): string {
    const { finished, scheduled } = this.#marks;
    if (scheduled > finished) return `to be compacted at ${scheduled}`;
    return finished < 0n ? 'never compacted' : `compacted at ${finished}`;
  }

  /** A restore with a revision bump writes one row without a record, which the compaction at it makes harmless. */
  #addKeyless(key: Uint8Array, value: Uint8Array, mayBeMark: boolean): void {
    if (value.length === 0 && mayBeMark) {
      this.#bumpMark = readUint64BigEndian(key);
      const message = `the revision was raised to ${this.#bumpMark} when the data was restored`;
      this.#logs.revisions.note('revision-bump', message, locate(key));
      return;
    }
    this.#logs.records.fail('key-empty', 'a record without a key', locate(key));
  }

  #readMarks(store: KeyValueStoreFile): { scheduled: bigint; finished: bigint } {
    let marks: ReturnType<typeof readCompactionMarks> = { scheduled: undefined, finished: undefined };
    this.#logs.compaction.guard(() => (marks = readCompactionMarks(store)));
    return { scheduled: marks.scheduled ?? -1n, finished: marks.finished ?? -1n };
  }

  #checkMarks(): void {
    const { scheduled, finished } = this.#marks;
    if (finished > scheduled) {
      const message = `compaction finished at ${finished}, but only ${scheduled} was ever asked for`;
      this.#logs.compaction.fail('compaction-marks', message);
    }
    if (scheduled <= finished) return;
    if (scheduled === this.#bumpMark) {
      const message = `everything up to ${scheduled} will be compacted when the data is first started`;
      this.#logs.compaction.note('compaction-at-start', message);
      return;
    }
    // Nothing is compacted that was never written, and the last row goes only together with the mark of its end.
    const last = this.#sequence.lastMain;
    const isZeroTold = last === 0n && this.#rows > 0;
    if (scheduled > last && !isZeroTold) {
      const message = `a compaction at ${scheduled} was asked for, and the last revision is ${last}`;
      this.#logs.compaction.fail('compaction-future', message);
      return;
    }
    const before = finished < 0n ? 'none was finished before' : `the last one finished at ${finished}`;
    const message = `a compaction at ${scheduled} was under way (${before}); etcd resumes it at start`;
    this.#logs.compaction.warn('compaction-interrupted', message);
  }
}
