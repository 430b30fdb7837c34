/**
 * The SHA-256 that `snapshot save` puts behind the database, and the size of the file.
 *
 * Source: etcd etcdutl/snapshot/v3_snapshot.go (3.6.14): a size of 32 modulo 512 means "with a digest".
 */
import { createHash, type Hash } from 'node:crypto';
import { read } from 'node:fs';
import { promisify } from 'node:util';
import {
  fileError,
  type FileSource,
  formatHex,
  HoldfastError,
  type OperationContext,
  throwIfInterrupted,
} from '../../base/index.ts';
import type { Database } from '../../formats/bbolt/index.ts';
import { FindingLog, type VerifyCheck } from './check-report.ts';

const digestBytes = 32;
const sectorBytes = 512;
const chunkBytes = 1 << 22;

export interface DigestCheck {
  readonly check: VerifyCheck;
  /** Of the whole file, its digest included, in lower-case hex; undefined where nothing was hashed. */
  readonly fileSha256: string | undefined;
}

/** Checks digest and size. With `skip`, says only that nothing was checked. */
export async function checkDigest(
  file: FileSource,
  database: Database,
  { skip }: { readonly skip: boolean },
  ctx: OperationContext,
): Promise<DigestCheck> {
  const log = new FindingLog();
  if (skip) {
    log.warn('digest-skipped', 'not checked, as asked');
    return { check: log.check('digest', ''), fileSha256: undefined };
  }
  const rest = file.sizeBytes % sectorBytes;
  if (rest === digestBytes) return await compareDigest(file, database, log, ctx);
  if (rest === 0) {
    log.fail('digest-missing', 'the file does not end with a SHA-256 digest', { sizeBytes: file.sizeBytes });
  } else {
    const message = `the size of ${file.sizeBytes} bytes is that of no snapshot: the file is cut off or has grown`;
    log.fail('size-rule', message, { sizeBytes: file.sizeBytes });
  }
  return { check: log.check('digest', ''), fileSha256: undefined };
}

async function compareDigest(
  file: FileSource,
  database: Database,
  log: FindingLog,
  ctx: OperationContext,
): Promise<DigestCheck> {
  const contentBytes = file.sizeBytes - digestBytes;
  const expected = new Uint8Array(digestBytes);
  file.readInto(expected, contentBytes);
  const hash = await hashContent(file, contentBytes, ctx);
  // The digest itself is all that the whole file has more.
  const fileSha256 = hash.copy().update(expected).digest('hex');
  const [wanted, got] = [formatHex(expected), hash.digest('hex')];
  if (wanted !== got) {
    log.fail('digest-mismatch', `the file ends with SHA-256 ${wanted}, its content has ${got}`);
  }
  const usedBytes = database.meta.pageCount * database.pageSize;
  if (contentBytes > usedBytes) {
    const message = `${contentBytes - usedBytes} bytes lie between the database and its digest`;
    log.warn('digest-apart', message, { usedBytes, sizeBytes: file.sizeBytes });
  }
  return { check: log.check('digest', `SHA-256 ${got} matches`), fileSha256 };
}

const readAsync = promisify(read);

/** Reads ahead while the chunk before is hashed. */
async function hashContent(file: FileSource, contentBytes: number, ctx: OperationContext): Promise<Hash> {
  const startedMs = ctx.clock.monotonicMs();
  ctx.events({ type: 'phase-started', phase: 'digest', totalBytes: contentBytes });
  const hash = createHash('sha256');
  const buffers = [new Uint8Array(chunkBytes), new Uint8Array(chunkBytes)] as const;
  let ahead = readChunk(file, buffers[0], 0, contentBytes);
  for (let offset = 0, turn = 1; offset < contentBytes; turn = 1 - turn) {
    const chunk = await ahead;
    throwIfInterrupted(ctx.signal);
    offset += chunk.length;
    if (offset < contentBytes) ahead = readChunk(file, buffers[turn]!, offset, contentBytes);
    hash.update(chunk);
    ctx.events({ type: 'phase-progress', phase: 'digest', doneBytes: offset, totalBytes: contentBytes });
  }
  ctx.events({ type: 'phase-finished', phase: 'digest', tookMs: ctx.clock.monotonicMs() - startedMs });
  return hash;
}

async function readChunk(
  file: FileSource,
  buffer: Uint8Array,
  offset: number,
  contentBytes: number,
): Promise<Uint8Array> {
  const length = Math.min(buffer.length, contentBytes - offset);
  let bytesRead: number;
  try {
    ({ bytesRead } = await readAsync(file.fd, buffer, 0, length, offset));
  } catch (error) {
    throw fileError(error, 'read', file.name);
  }
  if (bytesRead > 0) return buffer.subarray(0, bytesRead);
  throw new HoldfastError('FILE_NOT_READABLE', `read ${file.name}: the file became shorter meanwhile`, {
    hint: 'Something writes to the snapshot file: copy it first, or wait until it is complete.',
    details: { path: file.name, offset },
  });
}
