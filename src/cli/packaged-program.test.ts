import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hasCode } from '../base/index.ts';
import { findPackagedProgram } from './packaged-program.ts';

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-packaged-'));
});
after(() => rm(directory, { recursive: true, force: true }));

test('the single-file program is its own answer, for its own architecture', async () => {
  const single = { arch: 'arm64', path: '/usr/local/bin/holdfast' };
  assert.equal(await findPackagedProgram('arm64', { single, directory }), '/usr/local/bin/holdfast');
  await assert.rejects(findPackagedProgram('x64', { single, directory }), (error) =>
    hasCode(error, 'PROGRAM_NOT_PACKAGED'),
  );
});

test('otherwise it is beside the program, by the name of its architecture', async () => {
  const path = join(directory, 'holdfast-linux-x64');
  await assert.rejects(findPackagedProgram('x64', { directory }), (error) => {
    assert.ok(hasCode(error, 'PROGRAM_NOT_PACKAGED'));
    assert.deepEqual([error.details, error.exitStatus], [{ path }, 4]);
    assert.match(error.hint, /npm run package/);
    return true;
  });
  await writeFile(path, '');
  assert.equal(await findPackagedProgram('x64', { directory }), path);
  // Whatever else has the name is no program.
  await mkdir(join(directory, 'holdfast-linux-arm64'));
  for (const elsewhere of [directory, path])
    await assert.rejects(findPackagedProgram('arm64', { directory: elsewhere }), (error) =>
      hasCode(error, 'PROGRAM_NOT_PACKAGED'),
    );
});
