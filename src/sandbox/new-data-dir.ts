import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { operationContext, utf8 } from '../base/index.ts';
import { createDatabaseBuilder } from '../formats/bbolt/index.ts';
import { bucketNames, encodeVersionRecord, metaKeys } from '../formats/mvcc/index.ts';
import { restoreSnapshot } from '../operations/restore/index.ts';

export interface NewDataDirOptions {
  readonly dataDir: string;
  readonly name: string;
  readonly initialCluster: string;
  readonly initialAdvertisePeerUrls: string;
  /** Where a file may lie for a moment. */
  readonly workDirectory: string;
}

/** Makes the data dir of a cluster that nothing was ever written to, as etcd does where it finds no data. */
export async function makeNewDataDir({ workDirectory, ...member }: NewDataDirOptions): Promise<void> {
  const snapshotPath = join(workDirectory, 'empty.db');
  try {
    await writeFile(snapshotPath, emptyDatabase(), { mode: 0o600 });
    await restoreSnapshot({ ...member, snapshotPath, skipHashCheck: true }, operationContext());
  } finally {
    await rm(snapshotPath, { force: true });
  }
}

/** Every bucket of etcd 3.6, and no row but the one that says so. */
function emptyDatabase(): Uint8Array {
  const pieces: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  const builder = createDatabaseBuilder({
    pageSize: 4096,
    write: (bytes, offset) => pieces.push({ offset, bytes: bytes.slice() }),
  });
  const version = { key: utf8(metaKeys.storageVersion), value: encodeVersionRecord('3.6.0') };
  for (const name of bucketNames)
    builder.addBucket({ name: utf8(name), items: name === 'meta' ? [version] : [] });
  const { pageCount } = builder.finish();
  const file = new Uint8Array(pageCount * 4096);
  for (const { offset, bytes } of pieces) file.set(bytes, offset);
  return file;
}
