import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { mustRun } from '../support/run-command.ts';
import { tempDir } from '../support/temp-dir.ts';

const root = join(import.meta.dirname, '..', '..');
const binaries = join(root, 'node_modules', '.bin');

async function contents(directory: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const name of glob('**/*.{js,ts}', { cwd: directory })) {
    found.set(name, await readFile(join(directory, name), 'utf8'));
  }
  return found;
}

test('the generated code is what "npm run proto" makes of proto/', async () => {
  await using dir = await tempDir('proto');
  const path = [binaries, process.env['PATH'] ?? ''].join(delimiter);
  await mustRun(join(binaries, 'buf'), ['generate', '--output', dir.path], {
    cwd: root,
    env: { PATH: path },
    timeoutMs: 180_000,
  });
  for (const [folder, count] of [
    ['etcd', 20],
    ['kms', 4],
  ] as const) {
    const generated = await contents(join(dir.path, 'src', folder, 'gen'));
    assert.ok(generated.size >= count);
    const committed = await contents(join(root, 'src', folder, 'gen'));
    assert.deepEqual([...committed.keys()].sort(), [...generated.keys()].sort());
    for (const [name, text] of generated) assert.equal(committed.get(name), text, name);
  }
});
