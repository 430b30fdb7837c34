import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { buildDatabase, databaseContents } from '../../../test/support/build-database.ts';
import { DatabaseEditor } from '../../../test/support/database-editor.ts';
import { sampleDatabase } from '../../../test/support/sample-database.ts';
import { HoldfastError, memorySource, parseHex, utf8 } from '../../base/index.ts';
import { checkDatabase, openDatabase } from './index.ts';
import { decodeMeta, encodeMetaPage, fnv1a64, isValidMeta } from './meta.ts';

const pageSizes = [1024, 2048, 4096, 8192, 16384, 32768, 65536];
const open = (bytes: Uint8Array) => openDatabase(memorySource(bytes, 'file.db'));
const check = (bytes: Uint8Array) => checkDatabase(memorySource(bytes));
const magicAt = 16;
const checksumEnd = 80;

/** The 16 KiB that bbolt writes when it makes a file (fact sheet A.1). */
function freshDatabase(): Uint8Array {
  const pages = [
    '00000000000000000400000000000000edda0ced020000000010000000000000030000000000000000000000000000000200000000000000040000000000000000000000000000' +
      '00eefd8946116e5107',
    '01000000000000000400000000000000edda0ced020000000010000000000000030000000000000000000000000000000200000000000000040000000000000001000000000000' +
      '000f4879511a354c26',
    '02000000000000001000000000000000',
    '03000000000000000200000000000000',
  ];
  const bytes = new Uint8Array(16384);
  pages.forEach((page, id) => bytes.set(parseHex(page), id * 4096));
  return bytes;
}

/** The message of the NOT_A_DATABASE that opening throws. */
function refusal(bytes: Uint8Array): string {
  try {
    open(bytes);
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'NOT_A_DATABASE') {
      assert.deepEqual(
        check(bytes).map(({ code, severity }) => [code, severity]),
        [['meta-invalid', 'fail']],
      );
      return error.message;
    }
    throw error;
  }
  throw new Error('it was opened');
}

test('a file as bbolt creates it, with a stored freelist and no bucket', () => {
  const bytes = freshDatabase();
  assert.equal(
    createHash('sha256').update(bytes).digest('hex'),
    'f80ea184425737cdc7de57b1c8d4797e8a57ccee797991395e3800cd4ed0ac1e',
  );
  const database = open(bytes);
  assert.deepEqual(database.meta, {
    pageSize: 4096,
    rootId: 3,
    rootSequence: 0n,
    freelistId: 2,
    pageCount: 4,
    txid: 1n,
  });
  assert.deepEqual([...database.buckets()], []);
  assert.deepEqual(check(bytes), []);
  assert.deepEqual(encodeMetaPage(1, database.meta), bytes.subarray(4096, 8192));
});

test('FNV-1a of known inputs', () => {
  assert.equal(fnv1a64(utf8('')), 0xcbf29ce484222325n);
  assert.equal(fnv1a64(utf8('a')), 0xaf63dc4c8601ec8cn);
  assert.equal(fnv1a64(utf8('foobar')), 0x85944171f73967e8n);
});

test('each bit of a meta page protects itself: the other page serves, and the check warns', () => {
  for (const { bytes, pageSize } of [sampleDatabase(), { bytes: freshDatabase(), pageSize: 4096 }]) {
    const contents = databaseContents(open(bytes));
    const txids = [0, 1].map(
      (page) => (decodeMeta(bytes.subarray(page * pageSize)) as { txid: bigint }).txid,
    );
    for (const page of [0, 1]) {
      for (let bit = magicAt * 8; bit < checksumEnd * 8; bit++) {
        const damaged = bytes.slice();
        damaged[page * pageSize + (bit >> 3)]! ^= 1 << (bit & 7);
        const database = open(damaged);
        assert.equal(database.meta.txid, txids[1 - page], `page ${page} bit ${bit}`);
        assert.equal(database.metaPages.map(isValidMeta)[page], false);
        assert.deepEqual(databaseContents(database), contents);
        const findings = check(damaged).map(({ code, severity, where }) => [code, severity, where]);
        assert.deepEqual(findings, [['meta-invalid', 'warn', { page }]]);
      }
    }
  }
});

test('a bit in the header of a meta page changes nothing that is read; the check warns of id and type', () => {
  const { bytes, pageSize } = sampleDatabase();
  const contents = databaseContents(open(bytes));
  for (const page of [0, 1]) {
    for (let bit = 0; bit < magicAt * 8; bit++) {
      const damaged = bytes.slice();
      damaged[page * pageSize + (bit >> 3)]! ^= 1 << (bit & 7);
      assert.deepEqual(databaseContents(open(damaged)), contents);
      const codes = check(damaged).map(({ code, severity }) => `${severity} ${code}`);
      // Count and overflow have no meaning there.
      assert.deepEqual(codes, bit < 64 ? ['warn page-id'] : bit < 80 ? ['warn page-type'] : []);
    }
  }
});

test('two damaged meta pages are no database, for the reason of the first', () => {
  const { bytes, pageSize } = sampleDatabase();
  for (let bit = magicAt * 8; bit < checksumEnd * 8; bit++) {
    const damaged = bytes.slice();
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    damaged[pageSize + ((bit * 7) % 64) + magicAt]! ^= 0x10;
    const byte = bit >> 3;
    const reason = byte < 20 ? 'invalid database' : byte < 24 ? 'version mismatch' : 'checksum error';
    assert.equal(
      refusal(damaged),
      `file.db is not an etcd database: both meta pages are damaged (${reason})`,
    );
  }
});

test('the page size is found through the second meta page, whatever it is', () => {
  for (const pageSize of pageSizes) {
    const { bytes } = sampleDatabase({ pageSize });
    const contents = databaseContents(open(bytes));
    for (const page of [0, 1]) {
      const damaged = bytes.slice();
      damaged.fill(0xaa, page * pageSize, page * pageSize + checksumEnd);
      const database = open(damaged);
      assert.equal(database.pageSize, pageSize);
      assert.deepEqual(databaseContents(database), contents);
    }
  }
});

test('the newer meta page is the live one, wherever it is; of two equally new ones the first', () => {
  const { bytes, pageSize } = sampleDatabase();
  const live = (first: bigint, second: bigint) => {
    const editor = new DatabaseEditor(bytes, pageSize);
    editor.meta({ txid: first }, [0]).meta({ txid: second }, [1]);
    const { meta, metaPages } = open(editor.bytes);
    return metaPages.indexOf(meta);
  };
  assert.deepEqual(
    [
      live(5n, 4n),
      live(4n, 5n),
      live(0n, 1n),
      live(7n, 7n),
      live(0xffff_ffff_ffff_ffffn, 1n),
      live(2n, 1n << 53n),
    ],
    [0, 1, 1, 0, 0, 1],
  );
});

test('what is no database is called by its name', () => {
  const { bytes } = sampleDatabase();
  const bigEndian = new Uint8Array(8192);
  bigEndian.set(parseHex('ed0cdaed'), 16);
  const zip = Uint8Array.of(0x50, 0x4b, 3, 4, ...new Uint8Array(5000));
  const reasons: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /the file is empty$/],
    [new Uint8Array(79), /the file has only 79 bytes$/],
    [new Uint8Array(100_000), /both meta pages are damaged \(invalid database\)$/],
    [utf8('{"kind":"List"}\n'.repeat(1000)), /both meta pages are damaged \(invalid database\)$/],
    [new Uint8Array(gzipSync(bytes)), /it is gzip-compressed: unpack it first$/],
    [new Uint8Array(zstdCompressSync(bytes)), /it is zstd-compressed: unpack it first$/],
    [zip, /it is a zip archive: unpack it first$/],
    [bigEndian, /big-endian machine/],
    [bytes.subarray(1), /both meta pages are damaged/],
  ];
  for (const [file, reason] of reasons) assert.match(refusal(file), reason);
});

test('a file cut inside its meta pages is refused, never misread', () => {
  const { bytes, pageSize } = sampleDatabase();
  for (let size = 0; size < 2 * pageSize + 100; size += 13) {
    const cut = bytes.subarray(0, size);
    if (size < checksumEnd) assert.match(refusal(cut), /is not an etcd database/);
    else assert.throws(() => databaseContents(open(cut)), { code: 'DATABASE_CORRUPT' });
  }
});

test('values at the ends of 64 bits come back as they are', () => {
  const meta = {
    pageSize: 1024,
    rootId: 2,
    rootSequence: 0xffff_ffff_ffff_fffen,
    freelistId: undefined,
    pageCount: 3,
    txid: 0xffff_ffff_ffff_ffffn,
  };
  assert.deepEqual(decodeMeta(encodeMetaPage(0, meta)), meta);
  assert.deepEqual(decodeMeta(encodeMetaPage(0, { ...meta, freelistId: 12 })), { ...meta, freelistId: 12 });
});

test('an empty database is a database', () => {
  assert.deepEqual(databaseContents(open(buildDatabase([]))), {});
});
