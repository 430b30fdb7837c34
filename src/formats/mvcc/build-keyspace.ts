import { runToEnd, SliceMeter, type Steps } from '../../base/index.ts';
import { Uint32Column, Uint64Column } from './columns.ts';
import { KeyTable } from './key-table.ts';
import { Keyspace, tombstoneBit } from './keyspace.ts';
import { recordInvalid } from './record-fault.ts';
import { RecordScanner } from './record-scanner.ts';
import { readUint32At, revisionKeyBytes, revisionKeyFault } from './revision.ts';
import { type KeyValueStoreFile, scanRows, type StoreBucket } from './store-file.ts';
import { readStoreRevision } from './store-revision.ts';

/** Indexes a store in one pass over bucket `key`. Throws RECORD_INVALID when a row does not decode. */
export function buildKeyspace(store: KeyValueStoreFile): Keyspace {
  return runToEnd(buildKeyspaceSteps(store));
}

/** `buildKeyspace` in slices; yields the bytes walked so far. */
export function* buildKeyspaceSteps(store: KeyValueStoreFile): Steps<Keyspace> {
  const revision = readStoreRevision(store);
  const rows = { mains: new Uint64Column(), subs: new Uint32Column(), keyIds: new Uint32Column() };
  const keys = new KeyTable();
  const bucket = store.bucket('key');
  if (bucket !== undefined) yield* collectRows(bucket, keys, rows);
  const sortedIds = keys.arena.sortedIds();
  return new Keyspace({
    revision,
    mains: rows.mains,
    subs: rows.subs,
    arena: keys.arena,
    sortedIds,
    ...groupByKey(rows.keyIds, sortedIds),
  });
}

interface RowColumns {
  readonly mains: Uint64Column;
  readonly subs: Uint32Column;
  /** Arena id of each row's user key. */
  readonly keyIds: Uint32Column;
}

function* collectRows(bucket: StoreBucket, keys: KeyTable, rows: RowColumns): Steps<void> {
  const scanner = new RecordScanner();
  const meter = new SliceMeter();
  for (const { key, value } of scanRows(bucket)) {
    const fault = revisionKeyFault(key) ?? scanner.scan(value);
    if (fault !== undefined) throw recordInvalid('key', fault);
    const subHigh = readUint32At(key, 9);
    const sub = readUint32At(key, 13);
    // One transaction cannot make this many changes: the file would have to hold them.
    if (subHigh !== 0 || sub >= tombstoneBit) throw recordInvalid('key', 'the sub revision is out of range');
    rows.mains.push(readUint32At(key, 0), readUint32At(key, 4));
    rows.subs.push(key.length > revisionKeyBytes ? sub + tombstoneBit : sub);
    rows.keyIds.push(keys.intern(value, scanner.keyStart, scanner.keyEnd));
    if (meter.count(key.length + value.length)) yield meter.doneBytes;
  }
}

/** A counting sort: rows stay in order within each key. */
function groupByKey(
  keyIds: Uint32Column,
  sortedIds: Uint32Array,
): { rowsByKey: Uint32Array; starts: Uint32Array } {
  const rankOf = new Uint32Array(sortedIds.length);
  sortedIds.forEach((id, rank) => (rankOf[id] = rank));
  const starts = new Uint32Array(sortedIds.length + 1);
  for (let row = 0; row < keyIds.length; row++) starts[rankOf[keyIds.get(row)]! + 1]!++;
  for (let rank = 1; rank < starts.length; rank++) starts[rank]! += starts[rank - 1]!;
  const next = starts.slice();
  const rowsByKey = new Uint32Array(keyIds.length);
  for (let row = 0; row < keyIds.length; row++) rowsByKey[next[rankOf[keyIds.get(row)]!]!++] = row;
  return { rowsByKey, starts };
}
