import { crc32 } from 'node:zlib';
import { type FileSource, HoldfastError, hasCode } from '../../../base/index.ts';
import {
  archiveNameFault,
  contentKind,
  type ContentKind,
  readZipDirectory,
  recognisableBytes,
  type ZipEntry,
  zipContentOffset,
} from '../../../formats/archive/index.ts';
import { ByteStream } from './byte-stream.ts';
import { type Compression, decompress } from './decompress.ts';
import { holdsBackup } from './holds-backup.ts';
import { readRange } from './read-file.ts';
import type { UnpackRun } from './unpack-run.ts';

const compressions: Readonly<Record<number, Compression | undefined>> = { 8: 'deflate', 93: 'zstd' };

/**
 * The content of the one backup in a zip file, and its name. Other entries are reported as not used.
 * Errors: IMPORT_DAMAGED, IMPORT_AMBIGUOUS, IMPORT_NOT_RECOGNISED.
 */
export async function openZipEntry(
  zip: FileSource,
  run: UnpackRun,
  name: string,
): Promise<{ readonly entryName: string; readonly content: AsyncIterable<Uint8Array> }> {
  const files = directoryOf(zip, name).filter(
    (entry) => !entry.isDirectory && !/^__MACOSX\//.test(entry.name),
  );
  const kinds: [ZipEntry, ContentKind][] = [];
  for (const entry of files) kinds.push([entry, await kindOf(zip, entry, run, name)]);
  const backups = kinds.filter(([, kind]) => holdsBackup(kind)).map(([entry]) => entry);
  const [entry] = backups;
  if (entry === undefined)
    throw new HoldfastError('IMPORT_NOT_RECOGNISED', `${name}: no backup in the zip file`, {
      details: { path: name },
    });
  if (backups.length > 1) {
    const names = backups.map((backup) => backup.name);
    throw new HoldfastError(
      'IMPORT_AMBIGUOUS',
      `${name} holds ${names.length} backups: ${names.join(', ')}`,
      {
        hint: 'Unpack it, and name one of them.',
        details: { path: name, entries: names },
      },
    );
  }
  for (const other of files)
    if (other !== entry) run.notUsed({ path: `${name}: ${other.name}`, why: 'it is no backup' });
  return { entryName: entry.name, content: contentOf(zip, entry, run, name) };
}

function directoryOf(zip: FileSource, name: string): ZipEntry[] {
  try {
    const entries = readZipDirectory(zip);
    for (const entry of entries) {
      const fault = archiveNameFault(entry.name);
      if (fault !== undefined) throw damaged(name, `the name ${JSON.stringify(entry.name)} in it ${fault}`);
    }
    return entries;
  } catch (error) {
    throw hasCode(error, 'RECORD_INVALID') ? damaged(name, error.message) : error;
  }
}

async function kindOf(zip: FileSource, entry: ZipEntry, run: UnpackRun, name: string): Promise<ContentKind> {
  const stream = new ByteStream(contentOf(zip, entry, run, name));
  try {
    return contentKind(await stream.peek(recognisableBytes));
  } finally {
    await stream.close();
  }
}

async function* contentOf(
  zip: FileSource,
  entry: ZipEntry,
  run: UnpackRun,
  name: string,
): AsyncGenerator<Uint8Array> {
  const label = `${name}: ${entry.name}`;
  const compression = compressions[entry.method];
  if (entry.isEncrypted || (compression === undefined && entry.method !== 0)) {
    const what = entry.isEncrypted ? 'with a password' : `by method ${entry.method}`;
    throw new HoldfastError('IMPORT_NOT_RECOGNISED', `${label} is packed ${what}, which is not known here`, {
      hint: 'Unpack it with the program that made it, and import what comes out.',
    });
  }
  let offset: number;
  try {
    offset = zipContentOffset(zip, entry);
  } catch (error) {
    throw hasCode(error, 'RECORD_INVALID') ? damaged(name, error.message) : error;
  }
  const packed = readRange(zip, offset, offset + entry.packedBytes, run.ctx);
  let sum = 0;
  let sizeBytes = 0;
  for await (const piece of compression === undefined ? packed : decompress(packed, compression, label)) {
    sum = crc32(piece, sum);
    sizeBytes += piece.length;
    if (sizeBytes > entry.sizeBytes)
      throw damaged(label, `it is longer than the ${entry.sizeBytes} bytes it should have`);
    yield piece;
  }
  if (sizeBytes !== entry.sizeBytes)
    throw damaged(label, `it has ${sizeBytes} bytes, not ${entry.sizeBytes}`);
  if (sum !== entry.crc32) throw damaged(label, 'its checksum is wrong');
}

function damaged(name: string, what: string): HoldfastError {
  return new HoldfastError('IMPORT_DAMAGED', `${name}: ${what}`, { details: { path: name } });
}
