import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { buildDatabase } from '../../../test/support/build-database.ts';
import {
  crc32c,
  displayText,
  type ErrorCode,
  formatHex,
  hasCode,
  isHoldfastError,
  memorySource,
  uint64BigEndian,
  utf8,
  WireWriter,
} from '../../base/index.ts';
import { decodeKeyValue, decodeRevision, encodeMember, encodeMemberKey } from '../mvcc/index.ts';
import {
  encodeConfChange,
  encodeEntry,
  encodeFrame,
  encodeHardState,
  encodeWalMetadata,
  encodeWalRecord,
  encodeWalSnapshot,
  type WalRecordType,
  walRecordTypes,
} from '../wal/index.ts';
import { encodeSnapFile, formatSnapName } from '../raft-snapshot/index.ts';
import { type DataDirFiles, openDataDir } from './open-data-dir.ts';

const nodeId = 7n;

/** A log in one segment. */
class Log {
  readonly #frames = [encodeFrame(encodeWalRecord({ type: 4, crc: 0 }))];
  #crc = 0;

  constructor() {
    this.record(walRecordTypes.metadata, encodeWalMetadata({ nodeId, clusterId: 9n }));
    this.snapshot(0n);
  }

  record(type: WalRecordType, data: Uint8Array): this {
    this.#crc = crc32c(data, this.#crc);
    this.#frames.push(encodeFrame(encodeWalRecord({ type, crc: this.#crc, data })));
    return this;
  }

  entry(index: bigint, data: Uint8Array, type = 0): this {
    return this.record(walRecordTypes.entry, encodeEntry({ type, term: 2n, index, data }));
  }

  put(index: bigint, key: string, value: string): this {
    const put = new WireWriter().string(1, key).string(2, value);
    return this.entry(index, new WireWriter().varint(1, 1).message(4, put).finish());
  }

  addMember(index: bigint, id: bigint): this {
    const context = encodeMember(member(id));
    return this.entry(index, encodeConfChange({ id: 0n, type: 0, nodeId: id, context }), 1);
  }

  commit(commit: bigint): this {
    return this.record(walRecordTypes.state, encodeHardState({ term: 2n, vote: nodeId, commit }));
  }

  snapshot(index: bigint): this {
    return this.record(walRecordTypes.snapshot, encodeWalSnapshot({ index, term: 2n, confState: undefined }));
  }

  bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat([...this.#frames, new Uint8Array(1024)]));
  }
}

function member(id: bigint) {
  return { id, peerUrls: [`http://m${id}:1`], isLearner: false, name: `m${id}`, clientUrls: [] };
}

function database(consistentIndex: bigint, memberIds: readonly bigint[]): Uint8Array {
  const members = memberIds.map((id) => ({ key: encodeMemberKey(id), value: encodeMember(member(id)) }));
  const meta = [
    { key: utf8('consistent_index'), value: uint64BigEndian(consistentIndex) },
    { key: utf8('term'), value: uint64BigEndian(1n) },
  ];
  return buildDatabase([
    { name: utf8('key'), items: [] },
    { name: utf8('lease'), items: [] },
    { name: utf8('members'), items: members },
    { name: utf8('meta'), items: meta },
  ]);
}

const segmentName = '0000000000000000-0000000000000000.wal';

function filesOf(
  log: Uint8Array | Record<string, Uint8Array>,
  db: Uint8Array,
  snaps: Record<string, Uint8Array> = {},
): DataDirFiles {
  const wal = log instanceof Uint8Array ? { [segmentName]: log } : log;
  return {
    name: 'd',
    listWal: () => [...Object.keys(wal), '0.tmp'],
    openWal: (name) => memorySource(wal[name]!, name),
    listSnap: () => ['db', ...Object.keys(snaps)],
    readSnap: (name) => snaps[name]!,
    openDatabase: (name) => memorySource(name === undefined ? db : snaps[name]!, 'db'),
  };
}

function rows(files: DataDirFiles): string[] {
  return [...openDataDir(files).store.bucket('key')!.entries()].map(({ key, value }) => {
    const { main, sub, tombstone } = decodeRevision(key);
    const record = decodeKeyValue(value);
    return `${main}.${sub}${tombstone ? 't' : ''} ${displayText(record.key)}=${displayText(record.value)}`;
  });
}

function invalid(files: DataDirFiles, code: ErrorCode, message: RegExp): void {
  assert.throws(
    () => openDataDir(files),
    (error: unknown) => {
      assert.ok(hasCode(error, code), String(error));
      assert.match(error.message, message);
      return true;
    },
  );
}

function snapFile(index: bigint): Record<string, Uint8Array> {
  const metadata = { confState: undefined, index, term: 2n };
  return { [formatSnapName(2n, index)]: encodeSnapFile({ data: utf8('{}'), metadata }) };
}

describe('entries behind the database', () => {
  const log = () => new Log().put(1n, 'a', '1').put(2n, 'b', '2').put(3n, 'a', '3').commit(2n);

  test('only those that the database does not have', () => {
    const opened = openDataDir(filesOf(log().bytes(), database(1n, [nodeId])));
    assert.equal(opened.nodeId, nodeId);
    assert.equal(opened.clusterId, 9n);
    assert.deepEqual(rows(filesOf(log().bytes(), database(1n, [nodeId, 8n]))), ['2.0 b=2']);
    assert.deepEqual(rows(filesOf(log().bytes(), database(3n, [nodeId]))), []);
  });

  test('index and term of the last one are in meta', () => {
    const { store } = openDataDir(filesOf(log().bytes(), database(0n, [nodeId])));
    const meta = [...store.bucket('meta')!.entries()].map(({ key, value }) => [
      displayText(key),
      formatHex(value),
    ]);
    assert.deepEqual(meta, [
      ['consistent_index', '0000000000000003'],
      ['term', '0000000000000002'],
    ]);
  });

  test('a member alone has committed all it has; among others only what it knows of', () => {
    const alone = openDataDir(filesOf(log().bytes(), database(0n, [nodeId]))).log;
    assert.deepEqual([alone.appliedIndex, alone.uncommittedCount], [3n, 0]);
    for (const members of [[nodeId, 8n], [8n], []]) {
      const among = openDataDir(filesOf(log().bytes(), database(0n, members))).log;
      assert.deepEqual([among.appliedIndex, among.uncommittedCount, among.commitIndex], [2n, 1, 2n]);
    }
  });

  test('a member is no longer alone once another is added', () => {
    const grown = log().addMember(4n, 8n).put(5n, 'c', '5').bytes();
    const opened = openDataDir(filesOf(grown, database(0n, [nodeId])));
    assert.deepEqual(
      opened.members.map(({ id }) => id),
      [7n, 8n],
    );
    assert.deepEqual([opened.log.appliedIndex, opened.log.uncommittedCount], [4n, 1]);
  });

  test('a torn last write is reported, and what is before it counts', () => {
    const bytes = log().bytes();
    const torn = bytes.slice(0, bytes.length - 1024 - 8);
    const opened = openDataDir(filesOf(torn, database(0n, [nodeId])));
    assert.notEqual(opened.log.tornTail, undefined);
  });
});

describe('what is not a whole data dir', () => {
  test('no log, a missing segment', () => {
    invalid(filesOf({}, database(0n, [])), 'DATA_DIR_INVALID', /^d: there is no write-ahead log$/);
    const third = '0000000000000002-0000000000000009.wal';
    const files = filesOf({ [segmentName]: new Log().bytes(), [third]: new Uint8Array(8) }, database(0n, []));
    invalid(files, 'DATA_DIR_INVALID', /segment of the write-ahead log is missing between/);
  });

  test('a gap between database and log', () => {
    const log = new Log().snapshot(5n).put(6n, 'a', '1').commit(6n);
    invalid(
      filesOf(log.bytes(), database(3n, [nodeId])),
      'DATA_DIR_INVALID',
      /ends at index 3, and the log has no entry 4/,
    );
  });

  test('a snapshot ahead of the database, with and without what the leader sent', () => {
    const log = new Log().put(1n, 'a', '1').commit(1n).snapshot(5n).put(6n, 'b', '2').commit(6n).bytes();
    const snaps = snapFile(5n);
    invalid(
      filesOf(log, database(1n, [nodeId]), snaps),
      'DATA_DIR_INVALID',
      /at index 1, but the log continues a snapshot at index 5/,
    );
    snaps['0000000000000005.snap.db'] = database(4n, [nodeId]);
    invalid(filesOf(log, database(1n, [nodeId]), snaps), 'DATA_DIR_INVALID', /continues a snapshot/);
    snaps['0000000000000005.snap.db'] = database(5n, [nodeId]);
    assert.deepEqual(rows(filesOf(log, database(1n, [nodeId]), snaps)), ['2.0 b=2']);
  });

  test('a damaged .snap file is passed over', () => {
    const log = new Log().put(1n, 'a', '1').commit(1n).snapshot(1n).bytes();
    const opened = openDataDir(filesOf(log, database(0n, [nodeId]), { [formatSnapName(2n, 1n)]: utf8('x') }));
    assert.equal(opened.log.damagedSnaps.length, 1);
  });

  test('an entry that does not decode', () => {
    const log = new Log().entry(1n, utf8('nonsense')).commit(1n).bytes();
    invalid(filesOf(log, database(0n, [nodeId])), 'RECORD_INVALID', /./);
    const unknown = new Log().entry(1n, utf8('x'), 9).commit(1n).bytes();
    invalid(
      filesOf(unknown, database(0n, [nodeId])),
      'RECORD_INVALID',
      /raft entry 1 has the unknown type 9/,
    );
  });
});

test('any damage to the log gives a typed error or a prefix of the rows', () => {
  const log = new Log();
  for (let i = 1n; i <= 20n; i++) log.put(i, `key ${i}`, 'v'.repeat(Number(i) * 7)).commit(i - 1n);
  const bytes = log.bytes();
  const db = database(0n, [nodeId]);
  const whole = rows(filesOf(bytes, db));
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), (at, xor) => {
      const mutated = xor === 0 ? bytes.slice(0, at) : bytes.slice();
      if (xor > 0) mutated[at]! ^= xor;
      try {
        const got = rows(filesOf(mutated, db));
        assert.deepEqual(got, whole.slice(0, got.length));
      } catch (error) {
        assert.ok(isHoldfastError(error) && error.exitStatus === 3, String(error));
      }
    }),
    { numRuns: 1500 },
  );
});
