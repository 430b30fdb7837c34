import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { runHoldfast } from '../support/run-cli.ts';

/** Checks that a file is a whole snapshot, readable by its owner only; returns the line of its status. */
export async function expectWholeSnapshot(path: string): Promise<string> {
  const bytes = await readFile(path);
  assert.equal(bytes.length % 512, 32, `${path} has ${bytes.length} bytes`);
  const digest = createHash('sha256').update(bytes.subarray(0, -32)).digest();
  assert.ok(digest.equals(bytes.subarray(-32)), `${path} has the wrong digest`);
  assert.equal(((await stat(path)).mode & 0o777).toString(8), '600');
  const status = await runHoldfast(['snapshot', 'status', path]);
  assert.equal(status.exitCode, 0, status.stderr);
  return status.stdout;
}
