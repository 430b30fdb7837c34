/** Commits of the past, for watches: from the rows of the file, then from what was written since. */
import { compareBytes } from '../../../base/index.ts';
import {
  decodeKeyValue,
  decodeRevision,
  encodeRevision,
  type KeyValue,
  RecordScanner,
  type StoreEntry,
} from '../../../formats/mvcc/index.ts';
import type { KeySpace } from './key-space.ts';
import { keySpan } from './live-keys.ts';
import type { OverlayRow } from './overlay.ts';
import type { StoreCommit, StoreEvent } from './store.ts';
import { toEvent } from './transaction.ts';

/** Whether a key is one that a request means. */
export type KeyFilter = (key: Uint8Array) => boolean;

export function keyFilter(key: Uint8Array, rangeEnd: Uint8Array | undefined): KeyFilter {
  const span = keySpan(key, rangeEnd);
  if (span === undefined) return (other) => compareBytes(other, key) === 0;
  const { from, to } = span;
  return (other) => compareBytes(other, from) >= 0 && (to === undefined || compareBytes(other, to) < 0);
}

export function* commitsFrom(space: KeySpace, from: bigint, wants: KeyFilter): Generator<StoreCommit> {
  const start = from > space.compactRevision ? from : space.compactRevision;
  // What is there when the walk begins: a compaction in between takes nothing away from it.
  const written = space.overlay.rows;
  const count = written.length;
  yield* groupByRevision(baseEvents(space, start, wants));
  yield* groupByRevision(writtenEvents(written, count, start, wants));
}

interface EventAt {
  readonly revision: bigint;
  readonly event: StoreEvent;
}

function* groupByRevision(events: Iterable<EventAt>): Generator<StoreCommit> {
  let open: { revision: bigint; events: StoreEvent[] } | undefined;
  for (const { revision, event } of events) {
    if (open?.revision !== revision) {
      if (open !== undefined) yield open;
      open = { revision, events: [] };
    }
    open.events.push(event);
  }
  if (open !== undefined) yield open;
}

function* baseEvents(space: KeySpace, start: bigint, wants: KeyFilter): Generator<EventAt> {
  const { bucket, lastRevision } = space.base;
  if (bucket === undefined || start > lastRevision) return;
  const scanner = new RecordScanner();
  const from = encodeRevision({ main: start > 0n ? start : 0n, sub: 0n, tombstone: false });
  for (const row of bucket.entries(from)) {
    const revision = decodeRevision(row.key);
    if (revision.main > lastRevision) return;
    const isSound = scanner.scan(row.value) === undefined;
    if (isSound && !wants(row.value.subarray(scanner.keyStart, scanner.keyEnd))) continue;
    const kind = revision.tombstone ? 'delete' : 'put';
    const kv = rowKeyValue(row, revision.main, revision.tombstone);
    yield { revision: revision.main, event: { kind, kv, sub: Number(revision.sub) } };
  }
}

function rowKeyValue(row: StoreEntry, main: bigint, tombstone: boolean): KeyValue {
  const kv = decodeKeyValue(row.value);
  return tombstone ? { ...kv, modRevision: main } : kv;
}

function* writtenEvents(
  rows: readonly OverlayRow[],
  count: number,
  start: bigint,
  wants: KeyFilter,
): Generator<EventAt> {
  for (let i = firstFrom(rows, count, start); i < count; i++) {
    const row = rows[i]!;
    if (wants(row.owner.key)) yield { revision: row.revision.main, event: toEvent(row) };
  }
}

function firstFrom(rows: readonly OverlayRow[], count: number, start: bigint): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle]!.revision.main < start) low = middle + 1;
    else high = middle;
  }
  return low;
}
