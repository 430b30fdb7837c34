import assert from 'node:assert/strict';
import { utimesSync } from 'node:fs';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { watchSteps } from '../../../test/faults/fs-steps.ts';
import { buildDatabase } from '../../../test/support/build-database.ts';
import { tinyRows } from '../../../test/support/memory-store.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { hasCode, operationContext, utf8 } from '../../base/index.ts';
import { databasePath } from '../../formats/data-dir/index.ts';
import { defragmentDataDir } from './index.ts';

test('an etcd that has come while the new database was flushed keeps its own', async () => {
  await using dir = await tempDir('defragment');
  const path = databasePath(dir.path);
  await mkdir(dirname(path), { recursive: true });
  const buckets = Object.entries(tinyRows).map(([name, items]) => ({ name: utf8(name), items }));
  await writeFile(path, buildDatabase(buckets));
  const { ino } = await stat(path);
  {
    // A flush of gigabytes takes its time.
    using _ = await watchSteps(dir.path, ({ call }) => {
      if (call === 'FileHandle.sync') utimesSync(path, 1, 1);
    });
    await assert.rejects(defragmentDataDir({ dataDir: dir.path }, operationContext()), (error) =>
      hasCode(error, 'DATA_DIR_IN_USE'),
    );
  }
  assert.equal((await stat(path)).ino, ino);
  assert.deepEqual(await readdir(dirname(path)), ['db']);
  await defragmentDataDir({ dataDir: dir.path }, operationContext());
  assert.notEqual((await stat(join(dirname(path), 'db'))).ino, ino);
});
