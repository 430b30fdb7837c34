import assert from 'node:assert/strict';
import test from 'node:test';
import { hasCode, memorySource, operationContext, utf8 } from '../../base/index.ts';
import { openDatabase } from '../../formats/bbolt/index.ts';
import { encodeRevision } from '../../formats/mvcc/index.ts';
import { openMemoryStorage } from '../../storage/index.ts';
import { buildDatabase } from '../../../test/support/build-database.ts';
import { encodeRows, openChunkRows } from '../contents/index.ts';
import { generateFileKey } from '../keys/index.ts';
import { initRepository, type Repository } from '../open/index.ts';
import { PackBuilder, packName } from '../pack/index.ts';
import type { BackupRecord } from '../records/index.ts';
import { readRecipe, storeDatabase } from '../store-database/index.ts';
import { fetchDatabase } from './index.ts';

const ctx = operationContext();

/** Takes what is written, and forgets it when it comes a second time. */
class Sink {
  bytes = new Uint8Array(1 << 20);
  settled = 0;
  readonly write = (piece: Uint8Array, offset: number): void => this.bytes.set(piece, offset);
  readonly behind = {
    room: () => Promise.resolve(),
    settle: () => {
      this.settled++;
      this.bytes.fill(0);
      return Promise.resolve();
    },
  };
}

async function stored(): Promise<{ repository: Repository; record: BackupRecord; bytes: Uint8Array }> {
  const lock = { kind: 'key-file', key: generateFileKey() } as const;
  const repository = await initRepository(openMemoryStorage(), { lock }, ctx);
  const items = Array.from({ length: 50 }, (_none, at) => ({
    key: encodeRevision({ main: BigInt(at + 2), sub: 0n, tombstone: false }),
    value: utf8(`value ${at}`),
  }));
  const bytes = buildDatabase([{ name: utf8('key'), items }]);
  const { signal } = ctx;
  const options = { avoidedPacks: new Set<string>(), expectedBytes: bytes.length, signal };
  const database = openDatabase(memorySource(bytes));
  const { recipe, rowsSha256, bytes: rowBytes } = await storeDatabase(repository, database, options);
  const hashes = { rows: rowsSha256, snapshot: 0 };
  const record = { id: '20261123-101112-00000000', recipe, hashes, totals: { bytes: rowBytes } };
  return { repository, record: record as unknown as BackupRecord, bytes };
}

/** Stores another content under the id of the first chunk, as a writer with bad memory would, and before it. */
async function storeWrongChunk(repository: Repository, record: BackupRecord): Promise<void> {
  const [section] = await readRecipe(repository, record, ctx.signal);
  const id = section!.entries[0]!.chunk;
  const rows = openChunkRows(await repository.getContent('rows', id), 'chunk');
  const wrong = encodeRows(
    Array.from({ length: rows.count }, (_none, row) => ({
      key: rows.key(row),
      value: row === 7 ? utf8('another') : rows.value(row),
    })),
  );
  const right = [...(await repository.index()).packs()];
  for await (const { name } of repository.storage.list('index/')) await repository.storage.delete(name);
  await repository.reloadIndex();
  const builder = new PackBuilder(repository.keys, 'chunkPack');
  await builder.add('rows', id, wrong);
  const pack = await builder.finish();
  await repository.putPack(pack);
  await repository.putSegment([pack]);
  await repository.putSegment(right);
}

test('a chunk that is not what its id says is found by the rows, and taken from another place', async () => {
  const { repository, record, bytes } = await stored();
  const sink = new Sink();
  const options = { write: sink.write, behind: sink.behind, signal: ctx.signal };
  await storeWrongChunk(repository, record);
  const { sizeBytes } = await fetchDatabase(repository, record, options);
  assert.equal(sink.settled, 1);
  assert.deepEqual(sink.bytes.subarray(0, sizeBytes), bytes);
});

test('where no place has the right one, a pack is named', async () => {
  const { repository, record } = await stored();
  const right = [...(await repository.index()).packs()].find(({ kind }) => kind === 'chunkPack')!;
  await storeWrongChunk(repository, record);
  await repository.storage.delete(packName(right.digest));
  // That of the place which was tried last.
  const told = /packs\/.*(?: another content than its id says|pack is missing)|pack is missing.*packs\//;
  await assert.rejects(
    fetchDatabase(repository, record, { signal: ctx.signal }),
    (error) => hasCode(error, 'REPOSITORY_DAMAGED') && told.test(error.message),
  );
});
