/**
 * Records of bucket `meta`.
 *
 * Source: etcd server/storage/schema/{cindex,confstate,meta,migration}.go, server/storage/mvcc/store.go (3.6.14);
 * server/etcdserver/cindex/cindex.go (3.5.30).
 */
import { displayText, readUint64BigEndian, uint64BigEndian, utf8 } from '../../base/index.ts';
import { decodeExactJson, jsonList, jsonObject, jsonUint64 } from './exact-json.ts';
import { recordInvalid } from './record-fault.ts';
import { decodeRevision, encodeRevision } from './revision.ts';

/** Decodes `consistent_index` and `term`: u64 big-endian. Throws RECORD_INVALID; `record` names it there. */
export function decodeUint64Record(bytes: Uint8Array, record: string): bigint {
  if (bytes.length !== 8) throw recordInvalid(record, `its length is ${bytes.length}, not 8`);
  return readUint64BigEndian(bytes);
}

export function encodeUint64Record(value: bigint): Uint8Array {
  return uint64BigEndian(value);
}

/** The raft configuration that the database was applied under. Member ids. */
export interface ConfState {
  readonly voters: readonly bigint[];
  readonly learners: readonly bigint[];
  readonly votersOutgoing: readonly bigint[];
  readonly learnersNext: readonly bigint[];
  readonly autoLeave: boolean;
}

/** Decodes `meta/confState`. Throws RECORD_INVALID. */
export function decodeConfState(bytes: Uint8Array): ConfState {
  const record = 'meta/confState';
  const json = jsonObject(decodeExactJson(bytes, record), record);
  const ids = (value: unknown) => jsonList(value, record, (id) => jsonUint64(id, record));
  return {
    voters: ids(json['voters']),
    learners: ids(json['learners']),
    votersOutgoing: ids(json['voters_outgoing']),
    learnersNext: ids(json['learners_next']),
    autoLeave: json['auto_leave'] === true,
  };
}

/** Encodes `meta/confState` as etcd 3.5 and 3.6 do. */
export function encodeConfState(state: ConfState): Uint8Array {
  const parts: string[] = [];
  const list = (name: string, ids: readonly bigint[]) => {
    if (ids.length > 0) parts.push(`"${name}":[${ids.join(',')}]`);
  };
  list('voters', state.voters);
  list('learners', state.learners);
  list('voters_outgoing', state.votersOutgoing);
  list('learners_next', state.learnersNext);
  parts.push(`"auto_leave":${state.autoLeave}`);
  return utf8(`{${parts.join(',')}}`);
}

/** A version as etcd stores it; pre-release and build parts are kept in `text` only. */
export interface SchemaVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  readonly text: string;
}

/** Decodes an ASCII semantic version (`storageVersion`, `clusterVersion`). Throws RECORD_INVALID. */
export function decodeVersionRecord(bytes: Uint8Array, record: string): SchemaVersion {
  const text = displayText(bytes.subarray(0, 64));
  const match = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:[-+][0-9A-Za-z.+-]*)?$/.exec(text);
  if (match === null || bytes.length > 64) throw recordInvalid(record, 'not a semantic version');
  return { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3]), text };
}

export function encodeVersionRecord(text: string): Uint8Array {
  return utf8(text);
}

/** Orders versions by major, then minor; etcd gives storage and cluster versions patch 0. */
export function compareMinorVersions(a: SchemaVersion, b: SchemaVersion): number {
  return a.major - b.major || a.minor - b.minor;
}

/** Decodes a compaction mark (17-byte revision, sub 0) to its main revision. Throws RECORD_INVALID. */
export function decodeCompactionMark(bytes: Uint8Array, record: string): bigint {
  // etcd reads only the 17 bytes of a revision here and never looks for a tombstone.
  if (bytes.length !== 17) throw recordInvalid(record, `its length is ${bytes.length}, not 17`);
  try {
    return decodeRevision(bytes).main;
  } catch (error) {
    throw recordInvalid(record, 'not a revision', error);
  }
}

export function encodeCompactionMark(main: bigint): Uint8Array {
  return encodeRevision({ main, sub: 0n, tombstone: false });
}
