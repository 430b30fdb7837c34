import { HoldfastError } from '../../../base/index.ts';
import { contentKind, recognisableBytes } from '../../../formats/archive/index.ts';
import type { BundleFile } from '../import-options.ts';
import { ByteStream } from './byte-stream.ts';
import { decompress } from './decompress.ts';
import { ReadFile } from './read-file.ts';
import { TarReader } from './tar-reader.ts';
import { limited, type UnpackRun } from './unpack-run.ts';

/**
 * The names and sizes of the files in a tar, compressed or not. Nothing is unpacked.
 * Errors: IMPORT_DAMAGED (also for names that lead out of the archive), IMPORT_TOO_LARGE, file errors.
 */
export async function listBundle(path: string, run: UnpackRun): Promise<readonly BundleFile[]> {
  using file = new ReadFile(path);
  let stream = new ByteStream(file.pieces(run.ctx));
  try {
    let kind = contentKind(await stream.peek(recognisableBytes));
    if (kind === 'gzip' || kind === 'zstd') {
      stream = new ByteStream(limited(decompress(stream, kind, path), run, path));
      kind = contentKind(await stream.peek(recognisableBytes));
    }
    if (kind !== 'tar')
      throw new HoldfastError('IMPORT_DAMAGED', `${path} is not a tar file`, { details: { path } });
    const reader = new TarReader(stream, path);
    const files: BundleFile[] = [];
    for (let entry = await reader.nextEntry(); entry !== undefined; entry = await reader.nextEntry())
      if (entry.isFile) files.push({ name: entry.name, sizeBytes: entry.sizeBytes });
    return files;
  } finally {
    await stream.close();
  }
}
