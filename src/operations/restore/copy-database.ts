import { constants, statSync } from 'node:fs';
import { chmod, copyFile, truncate } from 'node:fs/promises';
import { fileError, type FileSource, type OperationContext, throwIfInterrupted } from '../../base/index.ts';

const progressIntervalMs = 100;

/**
 * Copies a source's first `databaseBytes` bytes into a new file with mode 0600. The kernel copies, or shares the blocks
 * where the file system can (btrfs, XFS); whether what came out is right is for the caller to check.
 *
 * Errors: FILE_NOT_READABLE, DISK_FULL, WRITE_FAILED, INTERRUPTED.
 */
export async function copyDatabase(
  source: FileSource,
  target: string,
  databaseBytes: number,
  ctx: OperationContext,
): Promise<void> {
  throwIfInterrupted(ctx.signal);
  const copying = copyFile(source.name, target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  const { promise: interrupted, reject } = Promise.withResolvers<never>();
  const timer = setInterval(() => {
    try {
      throwIfInterrupted(ctx.signal);
      const size = statSync(target, { throwIfNoEntry: false })?.size ?? 0;
      const doneBytes = Math.min(size, databaseBytes);
      ctx.events({ type: 'phase-progress', phase: 'copy', doneBytes, totalBytes: databaseBytes });
    } catch (error) {
      // The copy cannot be called off. It is not waited for either: the caller removes its directory.
      reject(error);
    }
  }, progressIntervalMs);
  try {
    await Promise.race([copying, interrupted]);
    // Copying gives the copy the mode of the source.
    await chmod(target, 0o600);
    await truncate(target, databaseBytes);
  } catch (error) {
    throw fileError(error, 'write', target);
  } finally {
    clearInterval(timer);
  }
}
