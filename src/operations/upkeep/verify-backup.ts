import { hostname } from 'node:os';
import type { OperationContext } from '../../base/index.ts';
import {
  type BackupCheckOptions,
  type BackupRecord,
  checkBackup,
  putResult,
  type Repository,
  type ResultFinding,
  type VerificationResult,
} from '../../repository/index.ts';
import { chooseBackup, isBackupDamage, openFetchedBackup, requireNotForgotten } from '../backup/index.ts';
import { snapshotHashKv } from '../hashkv/index.ts';
import { verifySnapshot } from '../verify/index.ts';

export interface VerifyBackupOptions {
  readonly repository: Repository;
  /** As `chooseBackup` takes it. */
  readonly id: string;
  /** Where the database lies while it is looked at; default the system's directory for temporary files. */
  readonly workDir?: string;
  /** Look at the packs instead of fetching it, and read only a share of them. */
  readonly subset?: BackupCheckOptions;
}

export interface VerifyBackupResult {
  readonly id: string;
  readonly result: VerificationResult;
  /** Whether the result was kept with the backup: a share that is sound says nothing about the rest. */
  readonly kept: boolean;
}

/**
 * Fetches a backup, makes every check of the file that comes, and compares its HashKV with the one of the day it was
 * made. What is found is kept with the backup, so that `backup list` shows it and retention knows it. Of a subset only a
 * failure is kept: whoever passes it has not been verified.
 *
 * Damage is a result, not an error. Errors: those of `chooseBackup`, REPOSITORY_KEY_INSUFFICIENT, DISK_FULL, WRITE_FAILED,
 * those of the store, INTERRUPTED; the backup has no result then.
 */
export async function verifyBackup(
  { repository, id, workDir, subset }: VerifyBackupOptions,
  ctx: OperationContext,
): Promise<VerifyBackupResult> {
  const startedMs = ctx.clock.monotonicMs();
  const record = await chooseBackup(repository, id, ctx);
  const found =
    subset === undefined
      ? await lookAt(record, { repository, workDir }, ctx)
      : await lookAtSubset(record, repository, subset, ctx);
  const nowMs = ctx.clock.now();
  const result: VerificationResult = {
    kind: 'verify',
    at: new Date(nowMs).toISOString(),
    host: hostname(),
    tookMs: Math.round(ctx.clock.monotonicMs() - startedMs),
    ...found,
    verdict: found.findings.some(({ severity }) => severity === 'fail') ? 'failed' : 'passed',
  };
  if (result.verdict === 'failed') await requireNotForgotten(repository, record.id, { signal: ctx.signal });
  const kept = subset === undefined || result.verdict === 'failed';
  if (kept) await putResult(repository, record.id, result, nowMs, ctx.signal);
  return { id: record.id, result, kept };
}

type Found = Pick<VerificationResult, 'checked' | 'findings'>;

async function lookAtSubset(
  record: BackupRecord,
  repository: Repository,
  subset: BackupCheckOptions,
  ctx: OperationContext,
): Promise<Found> {
  const { findings, packs, packsRead } = await checkBackup(repository, record, subset, ctx);
  return { checked: ['recipe', 'index', `${packsRead} of ${packs} packs`], findings };
}

interface Place {
  readonly repository: Repository;
  readonly workDir: string | undefined;
}

async function lookAt(
  record: BackupRecord,
  { repository, workDir }: Place,
  ctx: OperationContext,
): Promise<Found> {
  const place = { repository, id: record.id, ...(workDir !== undefined && { workDir }) };
  try {
    await using fetched = await openFetchedBackup({ ...place, exact: 'if-possible' }, ctx);
    return await lookAtFile(record, fetched.path, ctx);
  } catch (error) {
    if (!isBackupDamage(error)) throw error;
    return {
      checked: ['rows'],
      findings: [{ code: 'not-fetched', severity: 'fail', message: error.message }],
    };
  }
}

async function lookAtFile(record: BackupRecord, path: string, ctx: OperationContext): Promise<Found> {
  const { exact, hasDigest } = record.source;
  const { checks } = await verifySnapshot({ path, skipDigest: exact && !hasDigest }, ctx);
  const findings: ResultFinding[] = checks.flatMap((check) =>
    check.findings
      .filter(({ severity }) => severity !== 'ok')
      .map(({ code, severity, message }) => ({ code, severity, message })),
  );
  const checked = ['rows', exact ? 'SHA-256' : 'snapshot hash', ...checks.map(({ name }) => name as string)];
  if (record.hashes.kv === undefined) return { checked, findings };
  const { hash } = await snapshotHashKv({ path }, ctx);
  if (hash !== record.hashes.kv)
    findings.push({
      code: 'hashkv-differs',
      severity: 'fail',
      message: `HashKV is ${hash}, and was ${record.hashes.kv} when the backup was made`,
    });
  return { checked: [...checked, 'hashkv'], findings };
}
