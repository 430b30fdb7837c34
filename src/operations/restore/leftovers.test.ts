import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { watchSteps } from '../../../test/faults/fs-steps.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { halfDoneMark, removeLeftovers } from './leftovers.ts';

/** Above the largest process id that Linux gives. */
const deadTag = '4194305-0a1b2c3d4e5f';

test('the log that another run has put in the place of a leftover stays', async () => {
  await using dir = await tempDir('leftovers');
  const [dataDir, walDir] = [join(dir.path, 'data'), join(dir.path, 'wal')];
  await mkdir(walDir);
  await writeFile(join(walDir, halfDoneMark), `${deadTag}\n${dataDir}`);
  let isReplaced = false;
  {
    using _ = await watchSteps(dir.path, ({ call }) => {
      if (isReplaced || !['rm', 'rename'].includes(call)) return;
      isReplaced = true;
      rmSync(walDir, { recursive: true });
      mkdirSync(walDir);
      writeFileSync(join(walDir, '0000000000000000-0000000000000000.wal'), 'whole');
    });
    assert.deepEqual(await removeLeftovers({ dataDir, walDir }), []);
  }
  assert.ok(isReplaced);
  assert.deepEqual(await readdir(dir.path), ['wal']);
  assert.deepEqual(await readdir(walDir), ['0000000000000000-0000000000000000.wal']);
});
