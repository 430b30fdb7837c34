import { HoldfastError } from '../../../base/index.ts';
import { contentKind, recognisableBytes } from '../../../formats/archive/index.ts';
import { ByteStream } from './byte-stream.ts';
import { holdsBackup } from './holds-backup.ts';
import { TarReader } from './tar-reader.ts';
import type { UnpackRun } from './unpack-run.ts';

/**
 * The content of the one backup in a tar stream. It ends only after the rest of the tar has been looked through.
 * Errors: IMPORT_DAMAGED, IMPORT_AMBIGUOUS (a second one comes later), IMPORT_NOT_RECOGNISED.
 */
export async function* openTarContent(
  tar: ByteStream,
  run: UnpackRun,
  name: string,
): AsyncGenerator<Uint8Array> {
  const reader = new TarReader(tar, name);
  let found: string | undefined;
  for (let entry = await reader.nextEntry(); entry !== undefined; entry = await reader.nextEntry()) {
    if (!entry.isFile) continue;
    const content = new ByteStream(piecesOf(reader));
    const kind = contentKind(await content.peek(recognisableBytes));
    if (!holdsBackup(kind)) {
      run.notUsed({ path: `${name}: ${entry.name}`, why: 'it is no backup' });
      continue;
    }
    if (found !== undefined) {
      throw new HoldfastError(
        'IMPORT_AMBIGUOUS',
        `${name} holds more than one backup: ${found}, ${entry.name}`,
        {
          hint: 'Unpack it, and name one of them.',
          details: { path: name, entries: [found, entry.name] },
        },
      );
    }
    found = entry.name;
    yield* content;
  }
  if (found !== undefined) return;
  throw new HoldfastError('IMPORT_NOT_RECOGNISED', `${name}: no backup in the tar file`, {
    details: { path: name },
  });
}

async function* piecesOf(reader: TarReader): AsyncGenerator<Uint8Array> {
  for (let piece = await reader.nextPiece(); piece !== undefined; piece = await reader.nextPiece())
    yield piece;
}
