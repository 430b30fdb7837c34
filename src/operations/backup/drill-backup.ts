import { hostname } from 'node:os';
import type { OperationContext } from '../../base/index.ts';
import {
  type BackupRecord,
  putResult,
  type Repository,
  type ResultFinding,
  type VerificationResult,
} from '../../repository/index.ts';
import { drill, type DrillOptions, type DrillReport } from '../drill/index.ts';
import { chooseBackup } from './choose-backup.ts';
import { isBackupDamage } from './backup-damage.ts';
import { openFetchedBackup } from './open-fetched-backup.ts';

export interface DrillBackupOptions extends Omit<DrillOptions, 'source' | 'walDir' | 'expect'> {
  readonly repository: Repository;
  /** As `chooseBackup` takes it. */
  readonly id: string;
}

export interface DrillBackupResult {
  readonly record: BackupRecord;
  /** Its source is `repo:<id>`: the file is gone. */
  readonly report: DrillReport;
  readonly result: VerificationResult;
}

/**
 * Brings a backup up in a sandbox (see `drill`), with what its record says of revision and HashKV as what is expected.
 * What is found is kept with the backup, also when it cannot even be fetched.
 *
 * Errors: those of `chooseBackup`, `fetchBackup` and `drill`; only damage of the backup leaves a result behind.
 */
export async function drillBackup(
  { repository, id, ...options }: DrillBackupOptions,
  ctx: OperationContext,
): Promise<DrillBackupResult> {
  const startedMs = ctx.clock.monotonicMs();
  const record = await chooseBackup(repository, id, ctx);
  const keep = async (found: Pick<VerificationResult, 'checked' | 'findings' | 'verdict'>) => {
    const nowMs = ctx.clock.now();
    const result: VerificationResult = {
      kind: 'drill',
      at: new Date(nowMs).toISOString(),
      host: hostname(),
      tookMs: Math.round(ctx.clock.monotonicMs() - startedMs),
      ...found,
    };
    await putResult(repository, record.id, result, nowMs, ctx.signal);
    return result;
  };
  let report: DrillReport;
  try {
    await using fetched = await openFetchedBackup(
      { repository, id: record.id, workDir: options.workDir },
      ctx,
    );
    report = await drill({ ...options, source: fetched.path, expect: expectationsOf(record) }, ctx);
  } catch (error) {
    if (!isBackupDamage(error)) throw error;
    const finding = { code: 'not-fetched', severity: 'fail', message: error.message };
    await keep({ checked: ['rows'], findings: [finding], verdict: 'failed' });
    throw error;
  }
  const result = await keep({
    checked: checkedBy(report),
    findings: findingsOf(report),
    verdict: report.ok ? 'passed' : 'failed',
  });
  return { record, report: { ...report, source: `repo:${record.id}` }, result };
}

function expectationsOf({ revision, hashes }: BackupRecord): NonNullable<DrillOptions['expect']> {
  return { revision, ...(hashes.kv !== undefined && { hashKv: hashes.kv }) };
}

/** Which checks were made, and by which server: the embedded one proves less. */
function checkedBy({ server, kubernetesVersion, checks }: DrillReport): string[] {
  const etcd = server.kind === 'etcd' ? `etcd ${server.version ?? ''}`.trimEnd() : 'embedded server';
  const made = checks.filter(({ status }) => status !== 'skipped').map(({ name }) => name as string);
  return [
    'rows',
    etcd,
    ...(kubernetesVersion === undefined ? [] : [`API server ${kubernetesVersion}`]),
    ...made,
  ];
}

function findingsOf({ checks }: DrillReport): ResultFinding[] {
  return checks.flatMap(({ findings }) =>
    findings
      .filter(({ severity }) => severity !== 'ok')
      .map(({ code, severity, message }) => ({ code, severity, message })),
  );
}
