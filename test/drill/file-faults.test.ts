import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { operationContext } from '../../src/base/index.ts';
import { drill } from '../../src/operations/drill/index.ts';
import { snapshotHashKv } from '../../src/operations/hashkv/index.ts';
import { tempDir } from '../support/temp-dir.ts';
import { fileFaults, soundSha256, soundSnapshot } from './file-faults.ts';

const dir = await tempDir('drill');
const sound = join(dir.path, 'sound.db');
await writeFile(sound, soundSnapshot);
const { hash } = await snapshotHashKv({ path: sound }, operationContext());

test('the sound backup passes, with everything that is known of it', async () => {
  const expect = {
    fileSha256: soundSha256,
    hashKv: hash,
    revision: 18n,
    members: ['cp1', '8e9e05c52164694d'],
  };
  const report = await drill({ source: sound, workDir: dir.path, expect }, operationContext());
  assert.deepEqual(
    report.checks.filter(({ status }) => status !== 'ok').map(({ name, status }) => `${name} ${status}`),
    ['log skipped', 'objects skipped'],
  );
  assert.ok(report.ok && report.firstAnswerMs! < report.provenMs! && report.provenMs! <= report.tookMs);
});

for (const { name, bytes, check, says, expect = {} } of fileFaults(hash)) {
  test(`caught: ${name}`, async () => {
    const path = join(dir.path, 'faulty.db');
    await writeFile(path, bytes);
    const report = await drill({ source: path, workDir: dir.path, expect }, operationContext());
    const failed = report.checks.filter(({ status }) => status === 'fail');
    assert.equal(failed[0]?.name, check);
    const messages = failed[0].findings
      .filter(({ severity }) => severity === 'fail')
      .map(({ message }) => message);
    assert.ok(
      messages.some((message) => says.test(message)),
      `${says.source}: ${messages.join('; ')}`,
    );
    assert.deepEqual([report.ok, report.provenMs], [false, undefined]);
  });
}

test.after(() => dir[Symbol.asyncDispose]());
