import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { fileError, HoldfastError } from '../../../base/index.ts';
import { deltaDigestBytes } from '../../../formats/delta-snapshot/index.ts';
import type { ImportedFile } from '../import-options.ts';
import { requireDigest } from '../take-in.ts';
import { openContent, type UnpackRun } from '../unpack/index.ts';

/**
 * Unpacks a delta to a file of its own and checks its digest; only then are its events worth reading.
 * Errors: DIGEST_MISMATCH, IMPORT_DAMAGED, and those of `openContent`.
 */
export async function spillDelta(
  path: string,
  run: UnpackRun,
): Promise<{ readonly spilled: string; readonly file: ImportedFile }> {
  const spilled = await run.temporaryPath();
  await using content = await openContent(path, run);
  const hash = createHash('sha256');
  let tail: Uint8Array = new Uint8Array(0);
  try {
    await using handle = await open(spilled, 'wx', 0o600);
    for await (const piece of content.stream) {
      await handle.writeFile(piece);
      const joined = Buffer.concat([tail, piece]);
      const over = Math.max(0, joined.length - deltaDigestBytes);
      hash.update(joined.subarray(0, over));
      tail = joined.subarray(over);
    }
  } catch (error) {
    throw fileError(error, 'write', spilled);
  }
  if (tail.length < deltaDigestBytes)
    throw new HoldfastError('IMPORT_DAMAGED', `${path} is too short for a delta snapshot`, {
      details: { path },
    });
  requireDigest(hash.digest(), tail, path);
  return { spilled, file: await content.describe('delta') };
}
