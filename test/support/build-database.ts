/** Databases in memory, for tests that need one with a certain content or a certain damage. */
import { formatHex } from '../../src/base/index.ts';
import { type BucketInput, createDatabaseBuilder, type Database } from '../../src/formats/bbolt/index.ts';

/** Builds a database in memory through the bulk builder. */
export function buildDatabase(buckets: readonly BucketInput[], pageSize = 4096, fill = 0.9): Uint8Array {
  const parts: { offset: number; bytes: Uint8Array }[] = [];
  const write = (bytes: Uint8Array, offset: number) => parts.push({ offset, bytes: bytes.slice() });
  const builder = createDatabaseBuilder({ pageSize, fill, write });
  for (const bucket of buckets) builder.addBucket(bucket);
  const meta = builder.finish();
  const file = new Uint8Array(meta.pageCount * pageSize);
  for (const { offset, bytes } of parts) file.set(bytes, offset);
  return file;
}

/** Everything in a database, in hex: bucket name to its rows. */
export function databaseContents(database: Database): Record<string, [string, string][]> {
  return Object.fromEntries(
    [...database.buckets()].map((bucket) => [
      formatHex(bucket.name),
      [...bucket.entries()].map(({ key, value }): [string, string] => [formatHex(key), formatHex(value)]),
    ]),
  );
}
