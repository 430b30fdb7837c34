/** Backups of a handful of small chunks, written in the order of the format: for tests of what goes on around them. */
import { operationContext, type OperationContext, parseHex, utf8 } from '../../src/base/index.ts';
import { encodeRecipe, encodeRows, encodeRowTable, type Row } from '../../src/repository/contents/index.ts';
import { contentIds, rowDigests } from '../../src/repository/keys/index.ts';
import {
  listBackupIds,
  listBackups,
  listPruneMarkers,
  openSession,
  putRecord,
  Repository,
} from '../../src/repository/open/index.ts';
import { type BuiltPack, PackBuilder, packName, pieceTypes } from '../../src/repository/pack/index.ts';
import { type BackupRecord, newStamp } from '../../src/repository/records/index.ts';
import { contentKey, NeededContents } from '../../src/repository/needed/index.ts';
import type { Storage } from '../../src/storage/index.ts';
import { encodeRevision } from '../../src/formats/mvcc/index.ts';
import { HoldfastError } from '../../src/base/index.ts';

/** The same repository over another store, with nothing remembered. */
export function reopen(repository: Repository, storage: Storage = repository.storage): Repository {
  const { keys, slot, configs } = repository;
  return new Repository({ storage, keys, slot, configs });
}

/** The rows of the chunk of a number: the same each time. */
export function rowsOfChunk(number: number): readonly Row[] {
  return Array.from({ length: 3 }, (_, at) => ({
    key: encodeRevision({ main: BigInt(number * 10 + at + 2), sub: 0n, tombstone: false }),
    value: utf8(`${number}/${at} `.repeat(20 + number)),
  }));
}

interface Stored {
  readonly id: Uint8Array;
  readonly isNew: boolean;
}

/**
 * Adds a backup of these chunks, in the order that the format asks of writers.
 */
export async function addSmallBackup(
  repository: Repository,
  chunks: readonly number[],
  ctx: OperationContext = operationContext(),
): Promise<BackupRecord> {
  const { keys } = repository;
  await using session = await openSession(repository, 'backup', ctx);
  const marked = new Set<string>();
  for (const { statement } of await listPruneMarkers(repository)) {
    // One that cannot be read may stand for any pack.
    if (statement instanceof HoldfastError) throw statement;
    for (const digest of statement.packs) marked.add(digest);
  }
  const seen = await listBackupIds(repository);
  const index = await repository.reloadIndex();
  const idOf = contentIds(keys.secrets.control);
  const digestOf = rowDigests(keys.secrets.control);
  const packs: BuiltPack[] = [];
  let chunkPack = new PackBuilder(keys, 'chunkPack');
  const tablePack = new PackBuilder(keys, 'tablePack');
  const stored: Stored[] = [];
  const put = async (builder: PackBuilder) => {
    if (builder.isEmpty) return;
    const pack = await builder.finish();
    await repository.putPack(pack);
    packs.push(pack);
  };
  for (const number of chunks) {
    const rows = rowsOfChunk(number);
    const content = encodeRows(rows);
    const id = idOf(pieceTypes.rows, content);
    const isThere = index
      .find('rows', id)
      .some(({ pack }) => !marked.has(packName(pack.digest).slice('packs/xx/'.length)));
    stored.push({ id, isNew: !isThere });
    if (isThere) continue;
    await chunkPack.add('rows', id, content);
    const digests = Buffer.concat(rows.map(({ key, value }) => Uint8Array.from(digestOf(key, value))));
    await tablePack.add('rowTable', id, encodeRowTable(rows, digests)!);
    if (number % 2 === 0) {
      await put(chunkPack);
      chunkPack = new PackBuilder(keys, 'chunkPack');
    }
  }
  const entries = stored.map(({ id }) => ({ chunk: id, runs: [3] }));
  const [recipe] = encodeRecipe([{ name: utf8('key'), sequence: 0n, entries }]);
  const recipeId = idOf(pieceTypes.recipe, recipe!);
  await tablePack.add('recipe', recipeId, recipe!);
  await put(chunkPack);
  await put(tablePack);
  await repository.putSegment(packs);
  await session.check();
  return await putRecord(repository, { ...recordOf(recipeId, stored, ctx), seen });
}

function recordOf(recipe: Uint8Array, stored: readonly Stored[], ctx: OperationContext): BackupRecord {
  const now = ctx.clock.now();
  const newChunks = stored.filter(({ isNew }) => isNew).length;
  return {
    id: newStamp(now),
    createdAt: new Date(now).toISOString(),
    program: 'test',
    host: 'test',
    source: { kind: 'file', sizeBytes: 1, sha256: '00'.repeat(32), hasDigest: false, exact: false },
    cluster: { identity: 'test', members: [] },
    revision: 1n,
    compactedRevision: -1n,
    term: 1n,
    consistentIndex: 1n,
    hashes: { snapshot: 0, rows: '00'.repeat(32) },
    totals: { keys: 1, rows: stored.length * 3, bytes: 1 },
    resources: [],
    recipe: [recipe],
    stored: {
      newChunks,
      newBytes: 0,
      reusedChunks: stored.length - newChunks,
      reusedBytes: 0,
      uploadedBytes: 0,
    },
    seen: [],
  };
}

/** Reads all that each backup needs, through a fresh index. Returns what is wrong, by id; sound backups are not in it. */
export async function brokenBackups(repository: Repository): Promise<ReadonlyMap<string, string>> {
  const fresh = reopen(repository);
  const broken = new Map<string, string>();
  const { backups, unreadable } = await listBackups(fresh);
  for (const { id, error } of unreadable) broken.set(id, error.message);
  const needed = new NeededContents(fresh);
  for (const record of backups) {
    try {
      for (const key of (await needed.of(record)).contents) {
        const [type, hex] = key.split(' ') as ['rows', string];
        if (!key.startsWith('rowTable ')) await fresh.getContent(type, parseHex(hex));
      }
    } catch (error) {
      broken.set(record.id, (error as Error).message);
    }
  }
  return broken;
}

/** Names of packs in which nothing is needed, and of packs that no segment names. */
export async function wastedPacks(repository: Repository): Promise<readonly string[]> {
  const fresh = reopen(repository);
  const { backups } = await listBackups(fresh);
  const needs = new NeededContents(fresh);
  const needed = new Set<string>();
  for (const record of backups) for (const key of (await needs.of(record)).contents) needed.add(key);
  const used = new Set<string>();
  for (const { digest, entries } of (await fresh.index()).packs())
    if (entries.some(({ type, id }) => needed.has(contentKey(type, id)))) used.add(packName(digest));
  const wasted: string[] = [];
  for await (const { name } of fresh.storage.list('packs/')) if (!used.has(name)) wasted.push(name);
  return wasted;
}
