import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { mustRun, runCommand } from '../support/run-command.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';

/**
 * A file system of its own, of so many bytes, in memory. Undefined after the test has been skipped, because only root
 * may mount. Disposing it unmounts it.
 */
export async function smallDisk(
  t: TestContext,
  sizeBytes: number,
  options: readonly string[] = [],
): Promise<TempDir | undefined> {
  if (process.getuid?.() !== 0 || process.platform !== 'linux') {
    t.skip('only root can mount a small file system');
    return undefined;
  }
  const dir = await tempDir('small-disk');
  const path = join(dir.path, 'disk');
  await mkdir(path);
  const words = ['-t', 'tmpfs', '-o', [`size=${sizeBytes}`, ...options].join(','), 'tmpfs', path];
  const mounted = await runCommand('mount', words, { timeoutMs: 60_000 });
  if (mounted.exitCode !== 0) {
    await dir[Symbol.asyncDispose]();
    t.skip(`a small file system cannot be mounted: ${mounted.stderr.trim()}`);
    return undefined;
  }
  return {
    path,
    async [Symbol.asyncDispose]() {
      await mustRun('umount', [path], { timeoutMs: 60_000 });
      await dir[Symbol.asyncDispose]();
    },
  };
}
