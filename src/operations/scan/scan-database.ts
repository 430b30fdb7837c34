import { type Finding, type FileSource, type OperationContext, runPhase } from '../../base/index.ts';
import { checkDatabase, checkMetaPages, openDatabase } from '../../formats/bbolt/index.ts';
import type { DatabaseScan, ScanOptions } from './database-scan.ts';
import { fastScan } from './fast-scan.ts';
import { plainScanSteps } from './plain-scan.ts';

export type ScanResult =
  /** Sound: no finding, or only warnings about one of the meta pages. */
  | { readonly findings: readonly Finding[]; readonly scan: DatabaseScan }
  /** Damaged: at least one finding is a failure. */
  | { readonly findings: readonly Finding[]; readonly scan: undefined };

/**
 * Scans an open file: structure, hash and counts. Damage is returned as findings, never thrown.
 * Errors: FILE_NOT_READABLE, INTERRUPTED, RECORD_INVALID (sound pages, but a row that is no etcd record).
 */
export async function scanDatabase(
  file: FileSource,
  ctx: OperationContext,
  options: ScanOptions = {},
): Promise<ScanResult> {
  const metaFindings = checkMetaPages(file);
  if (isDamaged(metaFindings)) return { findings: checkDatabase(file), scan: undefined };
  const fast = await fastScan(file, ctx, options);
  if (fast !== undefined) return { findings: metaFindings, scan: fast };
  const findings = checkDatabase(file);
  if (isDamaged(findings)) return { findings, scan: undefined };
  const steps = plainScanSteps(openDatabase(file), options.keyCountRule);
  return { findings, scan: await runPhase(steps, ctx, { phase: 'scan', totalBytes: file.sizeBytes }) };
}

function isDamaged(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === 'fail');
}
