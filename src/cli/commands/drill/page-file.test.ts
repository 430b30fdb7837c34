import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../../../test/support/temp-dir.ts';
import { hasCode } from '../../../base/index.ts';
import { drillPageMark } from '../../output/views/index.ts';
import { requirePagePlace, writePage } from './page-file.ts';

test('a page takes the place of an older one, and of nothing that has come while the drill ran', async () => {
  await using dir = await tempDir('page');
  const path = join(dir.path, 'report.html');
  await requirePagePlace(path);
  for (const page of [`${drillPageMark}1`, `${drillPageMark}2`]) await writePage(path, page);
  assert.equal(await readFile(path, 'utf8'), `${drillPageMark}2`);
  await writeFile(path, 'somebody else’s');
  await assert.rejects(writePage(path, drillPageMark), (error) => hasCode(error, 'FILE_EXISTS'));
  assert.equal(await readFile(path, 'utf8'), 'somebody else’s');
});
