import { type FileSource, HoldfastError, openFileSource, type OperationContext } from '../../base/index.ts';
import { openDatabase, requireWholeFile } from '../../formats/bbolt/index.ts';

/** The file to restore from, opened. */
export interface OpenSnapshot extends Disposable {
  readonly file: FileSource;
  /** Bytes at the front that are the database. */
  readonly databaseBytes: number;
  /** The SHA-256 that the content must have; undefined when it is not to be checked. */
  readonly digest: Uint8Array | undefined;
}

const digestBytes = 32;

/**
 * Opens a snapshot file and splits off its digest: databases are whole pages, so a file with a digest is 32 bytes over
 * a multiple of 512. etcdutl goes by that rule too, also with `--skip-hash-check`.
 *
 * Errors: FILE_NOT_FOUND, NOT_A_REGULAR_FILE, FILE_NOT_READABLE, NOT_A_DATABASE, DATABASE_CORRUPT, DIGEST_MISSING.
 */
export function openSnapshot(path: string, skipHashCheck: boolean, ctx: OperationContext): OpenSnapshot {
  const file = openFileSource(path);
  try {
    checkIsEtcd(file);
    const hasDigest = file.sizeBytes % 512 === digestBytes;
    if (!hasDigest && !skipHashCheck) {
      throw new HoldfastError(
        'DIGEST_MISSING',
        `${path}: snapshot missing hash but --skip-hash-check=false`,
        {
          details: { path, sizeBytes: file.sizeBytes },
        },
      );
    }
    if (skipHashCheck) warnUnchecked(path, hasDigest, ctx);
    const databaseBytes = file.sizeBytes - (hasDigest ? digestBytes : 0);
    return {
      file,
      databaseBytes,
      digest: skipHashCheck ? undefined : readDigest(file, databaseBytes),
      [Symbol.dispose]: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** A bbolt file without etcd's main buckets would give a data dir on which etcd cannot start. */
function checkIsEtcd(file: FileSource): void {
  requireWholeFile(file);
  const database = openDatabase(file);
  for (const name of ['key', 'meta']) {
    if (database.bucket(name) !== undefined) continue;
    throw new HoldfastError('NOT_A_DATABASE', `${file.name}: a bbolt file without etcd's bucket "${name}"`, {
      details: { path: file.name, bucket: name },
    });
  }
}

function readDigest(file: FileSource, offset: number): Uint8Array {
  const digest = new Uint8Array(digestBytes);
  file.readInto(digest, offset);
  return digest;
}

function warnUnchecked(path: string, hasDigest: boolean, ctx: OperationContext): void {
  const message = hasDigest
    ? 'the last 32 bytes are taken for a digest by the size of the file: they are cut off and not checked'
    : 'the file has no digest: damage to keys and values cannot be noticed';
  ctx.log.warn(message, { path });
  ctx.events({ type: 'warning', code: 'hash-check-skipped', message });
}
