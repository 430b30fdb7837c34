import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { crc32c, hasCode, memorySource, utf8 } from '../../base/index.ts';
import { buildRestoreWal } from './build-restore-wal.ts';
import { encodeFrame } from './frame.ts';
import { encodeEntry, encodeHardState, encodeWalMetadata, encodeWalSnapshot } from './raft-messages.ts';
import { readWal, readWalEntry } from './read-wal.ts';
import { encodeWalRecord, type WalRecordType, walRecordTypes } from './record.ts';
import { scanWal, type WalSegment } from './scan-wal.ts';

const metadata = encodeWalMetadata({ nodeId: 7n, clusterId: 9n });

/** Lays out segments frame by frame, as a server would. */
class Log {
  readonly segments: { name: string; frames: Uint8Array[] }[] = [];
  crc = 0;

  segment(): this {
    const name = `${this.segments.length}.wal`;
    this.segments.push({ name, frames: [encodeFrame(encodeWalRecord({ type: 4, crc: this.crc }))] });
    return this.record(walRecordTypes.metadata, metadata);
  }

  record(type: WalRecordType, data: Uint8Array): this {
    this.crc = crc32c(data, this.crc);
    this.segments.at(-1)!.frames.push(encodeFrame(encodeWalRecord({ type, crc: this.crc, data })));
    return this;
  }

  entry(index: number, text = `entry ${index}`, term = 1): this {
    const entry = { type: 0, term: BigInt(term), index: BigInt(index), data: utf8(text) };
    return this.record(walRecordTypes.entry, encodeEntry(entry));
  }

  commit(index: number): this {
    const state = encodeHardState({ term: 1n, vote: 7n, commit: BigInt(index) });
    return this.record(walRecordTypes.state, state);
  }

  snapshot(index: number): this {
    const snapshot = { index: BigInt(index), term: 1n, confState: undefined };
    return this.record(walRecordTypes.snapshot, encodeWalSnapshot(snapshot));
  }

  bytes(segment: number, paddedTo = 0): Uint8Array {
    const whole = Buffer.concat(this.segments[segment]!.frames);
    const out = new Uint8Array(Math.max(whole.length, paddedTo));
    out.set(whole);
    return out;
  }

  all(paddedTo = 0): WalSegment[] {
    return this.segments.map(({ name }, i) => segment(name, this.bytes(i, paddedTo)));
  }
}

function segment(name: string, bytes: Uint8Array): WalSegment {
  return { name, source: memorySource(bytes, name) };
}

function textOf(segments: WalSegment[], after = 0n): string[] {
  return readWal(segments, { entriesAfter: after }).entries.map(
    (ref) => `${ref.index}:${Buffer.from(readWalEntry(segments, ref).data).toString()}`,
  );
}

describe('reading a log', () => {
  test('the log of a restore', () => {
    const json = utf8('{"id":10276657743932975437,"peerURLs":["http://localhost:2380"],"name":"default"}');
    const options = { nodeId: 10276657743932975437n, clusterId: 0xcdf818194e3a8c32n };
    const used = buildRestoreWal({ ...options, members: [{ id: options.nodeId, json }] });
    const padded = new Uint8Array(640_000);
    padded.set(used);
    for (const bytes of [used, padded]) {
      const wal = readWal([segment('0', bytes)]);
      assert.deepEqual(wal.metadata, options);
      assert.deepEqual(wal.hardState, { term: 1n, vote: options.nodeId, commit: 1n });
      assert.deepEqual(
        wal.snapshots.map(({ index, confState }) => [index, confState?.voters]),
        [
          [0n, undefined],
          [1n, [options.nodeId]],
        ],
      );
      assert.equal(wal.entries.length, 1);
      assert.deepEqual(wal.end, { crc: 0xddeb8f0d, segment: '0', offset: 288, torn: undefined });
    }
  });

  test('the checksum runs across segments, and reading may start at a later one', () => {
    const log = new Log().segment().entry(1).entry(2).commit(2).segment().commit(2).entry(3).commit(3);
    assert.deepEqual(textOf(log.all()), ['1:entry 1', '2:entry 2', '3:entry 3']);
    assert.deepEqual(textOf(log.all(4096), 1n), ['2:entry 2', '3:entry 3']);
    assert.deepEqual(textOf(log.all().slice(1), 2n), ['3:entry 3']);
  });

  test('a segment of another log does not follow', () => {
    const one = new Log().segment().entry(1).commit(1);
    const other = new Log().segment().entry(1, 'other').segment().entry(2);
    assert.throws(
      () => readWal([one.all()[0]!, other.all()[1]!]),
      (error: unknown) =>
        hasCode(error, 'WAL_CORRUPT') && /1\.wal: checksum chain broken at byte 0/.test(error.message),
    );
  });

  test('an entry seen again replaces the tail from there on', () => {
    const log = new Log().segment().entry(1).entry(2).entry(3, 'lost').entry(4, 'lost').commit(2);
    log.entry(3, 'kept', 2).commit(3);
    assert.deepEqual(textOf(log.all()), ['1:entry 1', '2:entry 2', '3:kept']);
    assert.equal(readWal(log.all()).lastIndex, 3n);
  });

  test('a snapshot above the commit index was never in force', () => {
    const log = new Log().segment().snapshot(0).entry(1).entry(2).snapshot(2).commit(1);
    assert.deepEqual(
      readWal(log.all()).snapshots.map(({ index }) => index),
      [0n],
    );
  });

  test('a snapshot received from the leader stands for the entries it skips', () => {
    const log = new Log().segment().entry(1).commit(1).snapshot(50).entry(51).commit(51);
    assert.deepEqual(textOf(log.all(), 50n), ['51:entry 51']);
  });

  test('a gap, a missing identity, two identities and a log below its commit index are corrupt', () => {
    const cases: [Log, RegExp][] = [
      [new Log().segment().entry(1).entry(3).commit(3), /entry 3 follows a gap/],
      [new Log().segment().entry(1).commit(5), /ends at index 1, below its commit index 5/],
      [
        new Log().segment().record(walRecordTypes.metadata, encodeWalMetadata({ nodeId: 8n, clusterId: 9n })),
        /metadata differs/,
      ],
      [new Log().segment().record(walRecordTypes.entry, utf8('x')), /content does not decode/],
    ];
    for (const [log, message] of cases) {
      assert.throws(
        () => readWal(log.all()),
        (error: unknown) => hasCode(error, 'WAL_CORRUPT') && message.test(error.message),
      );
    }
    assert.throws(() => readWal([segment('0', new Uint8Array(512))]), /no metadata record/);
    assert.throws(() => readWal([]), /no metadata record/);
  });
});

describe('the torn last write', () => {
  const log = new Log().segment().entry(1).commit(1).entry(2, 'y'.repeat(3000));
  const whole = log.bytes(0);
  const keptBytes = whole.length - log.segments[0]!.frames.at(-1)!.length;

  test('a sector that was never written is forgiven in the last segment', () => {
    const torn = new Uint8Array(8192);
    torn.set(whole);
    torn.fill(0, 1024, 1536);
    const wal = readWal([segment('0.wal', torn)]);
    assert.equal(wal.lastIndex, 1n);
    assert.equal(wal.end.offset, keptBytes);
    assert.match(wal.end.torn ?? '', /mismatch|decode/);
    const followed = [segment('0.wal', torn), segment('1.wal', new Log().segment().bytes(0))];
    assert.throws(() => readWal(followed), /0\.wal: .*at byte/);
  });

  test('a frame cut off by the end of the file is forgiven in the last segment only', () => {
    for (let length = keptBytes + 1; length < whole.length; length += 97) {
      const wal = readWal([segment('0.wal', whole.slice(0, length))]);
      assert.equal(wal.end.offset, keptBytes);
      assert.notEqual(wal.end.torn, undefined);
    }
    const followed = [segment('0.wal', whole.slice(0, -8)), segment('1.wal', new Uint8Array(0))];
    assert.throws(() => readWal(followed), /does not fit/);
  });

  test('a wrong byte without a blank sector is corruption', () => {
    const flipped = whole.slice();
    flipped[keptBytes + 200]! ^= 1;
    assert.throws(
      () => readWal([segment('0.wal', flipped)]),
      (error: unknown) => {
        assert.ok(hasCode(error, 'WAL_CORRUPT'));
        assert.deepEqual(error.details, { segment: '0.wal', offset: keptBytes });
        return true;
      },
    );
  });

  test('a length of 2^56 - 1 allocates nothing', () => {
    const bytes = new Uint8Array(64).fill(0xff);
    assert.throws(() => readWal([segment('0.wal', bytes)]), /no metadata record/);
    const end = scanWal([segment('0.wal', bytes)], () => {});
    assert.match(
      end.torn ?? '',
      /record of 7205759403792794\d bytes does not fit the 56 bytes that are left/,
    );
  });
});

describe('properties', () => {
  const entries = fc.array(fc.uint8Array({ maxLength: 2000 }), { maxLength: 40 });

  test('what is written is read back, in any number of segments', () => {
    fc.assert(
      fc.property(entries, fc.integer({ min: 1, max: 10 }), fc.nat(400), (datas, perSegment, padding) => {
        const log = new Log().segment();
        datas.forEach((data, i) => {
          if (i > 0 && i % perSegment === 0) log.segment();
          const entry = { type: 0, term: 1n, index: BigInt(i + 1), data };
          log.record(walRecordTypes.entry, encodeEntry(entry));
        });
        log.commit(datas.length);
        const segments = log.segments.map(({ name }, i) =>
          segment(name, new Uint8Array(Buffer.concat([log.bytes(i), new Uint8Array(padding * 8)]))),
        );
        const wal = readWal(segments);
        assert.deepEqual(
          wal.entries.map((ref) => Buffer.from(readWalEntry(segments, ref).data)),
          datas.map((data) => Buffer.from(data)),
        );
        assert.equal(wal.end.crc, log.crc);
      }),
      { numRuns: 60 },
    );
  });

  test('any flipped byte or truncation gives an intact prefix or WAL_CORRUPT', () => {
    const log = new Log().segment().snapshot(0);
    for (let i = 1; i <= 30; i++) log.entry(i, `value ${i}`.repeat(i)).commit(i - 1);
    const bytes = log.bytes(0, 16384);
    const used = log.bytes(0).length;
    const mutation = fc.record({
      at: fc.nat(used - 1),
      xor: fc.integer({ min: 1, max: 255 }),
      cut: fc.boolean(),
    });
    fc.assert(
      fc.property(mutation, ({ at, xor, cut }) => {
        const mutated = cut ? bytes.slice(0, at) : bytes.slice();
        if (!cut) mutated[at]! ^= xor;
        try {
          const segments = [segment('0.wal', mutated)];
          const wal = readWal(segments);
          for (const ref of wal.entries) {
            const text = `value ${ref.index}`.repeat(Number(ref.index));
            assert.equal(Buffer.from(readWalEntry(segments, ref).data).toString(), text);
          }
        } catch (error) {
          assert.ok(hasCode(error, 'WAL_CORRUPT'), String(error));
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('arbitrary bytes never do worse than WAL_CORRUPT', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 }), (files) => {
        try {
          readWal(files.map((bytes, i) => segment(`${i}.wal`, bytes)));
        } catch (error) {
          assert.ok(hasCode(error, 'WAL_CORRUPT'), String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
