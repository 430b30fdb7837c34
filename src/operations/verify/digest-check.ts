/**
 * The SHA-256 that `snapshot save` puts behind the database, and the size of the file.
 *
 * Source: etcd etcdutl/snapshot/v3_snapshot.go (3.6.14): a size of 32 modulo 512 means "with a digest".
 */
import {
  type FileDigests,
  type FileSource,
  formatHex,
  hashFile,
  type OperationContext,
} from '../../base/index.ts';
import type { Database } from '../../formats/bbolt/index.ts';
import { FindingLog, type VerifyCheck } from './check-report.ts';

const digestBytes = 32;
const sectorBytes = 512;

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
  const { content, whole } = await hashContent(file, contentBytes, expected, ctx);
  const [wanted, got] = [formatHex(expected), formatHex(content)];
  if (wanted !== got) {
    log.fail('digest-mismatch', `the file ends with SHA-256 ${wanted}, its content has ${got}`);
  }
  const usedBytes = database.meta.pageCount * database.pageSize;
  if (contentBytes > usedBytes) {
    const message = `${contentBytes - usedBytes} bytes lie between the database and its digest`;
    log.warn('digest-apart', message, { usedBytes, sizeBytes: file.sizeBytes });
  }
  return { check: log.check('digest', `SHA-256 ${got} matches`), fileSha256: formatHex(whole) };
}

async function hashContent(
  file: FileSource,
  contentBytes: number,
  rest: Uint8Array,
  { signal, clock, events }: OperationContext,
): Promise<FileDigests> {
  const phase = 'digest';
  const startedMs = clock.monotonicMs();
  events({ type: 'phase-started', phase, totalBytes: contentBytes });
  const onProgress = (doneBytes: number) =>
    events({ type: 'phase-progress', phase, doneBytes, totalBytes: contentBytes });
  const digests = await hashFile(file, { contentBytes, rest, signal, onProgress });
  events({ type: 'phase-finished', phase, tookMs: clock.monotonicMs() - startedMs });
  return digests;
}
