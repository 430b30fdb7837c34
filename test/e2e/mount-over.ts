import { cp, mkdir } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import { mustRun, runCommand } from '../support/run-command.ts';
import { tempDir } from '../support/temp-dir.ts';

/**
 * Mounts a file system in memory over a directory, empty or with the files that are there. Disposing unmounts it. Undefined after the test has been skipped: only root may mount.
 */
export async function mountOver(
  t: TestContext,
  path: string,
  sizeBytes: number,
  { keepFiles = false } = {},
): Promise<AsyncDisposable | undefined> {
  if (process.getuid?.() !== 0 || process.platform !== 'linux') {
    t.skip('only root can mount a file system');
    return undefined;
  }
  await using kept = await tempDir('mount-over');
  await mkdir(path, { recursive: true });
  if (keepFiles) await cp(path, kept.path, { recursive: true, preserveTimestamps: true });
  const words = ['-t', 'tmpfs', '-o', `size=${sizeBytes},mode=0755`, 'tmpfs', path];
  const mounted = await runCommand('mount', words, { timeoutMs: 60_000 });
  if (mounted.exitCode !== 0) {
    t.skip(`a file system cannot be mounted: ${mounted.stderr.trim()}`);
    return undefined;
  }
  if (keepFiles) await cp(kept.path, path, { recursive: true, preserveTimestamps: true });
  return {
    async [Symbol.asyncDispose]() {
      await mustRun('umount', [path], { timeoutMs: 60_000 });
    },
  };
}
