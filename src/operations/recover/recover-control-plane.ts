/**
 * `recover`: bring a control plane back from a snapshot, as one transaction over all its hosts.
 */
import { randomBytes } from 'node:crypto';
import { type Finding, HoldfastError, type OperationContext } from '../../base/index.ts';
import { defaultStoragePrefix } from '../../formats/kubernetes-object/index.ts';
import { driveForward, goBack } from './coordinate/index.ts';
import { foresee } from './foresee.ts';
import type { HostFacts, RecoveryHost } from './host/index.ts';
import { buildRecoveryPlan, checkSnapshot, readSnapshotFacts } from './planning/index.ts';
import type { RecoveryPlan } from './plan/index.ts';
import { checkPlan, snapshotFindings } from './preflight/index.ts';
import type { PreflightFinding, PreflightReport, RecoverOptions, RecoverResult } from './recover-options.ts';
import type { SanitizeReport } from './sanitize/index.ts';
import { kubeletFact, sanitizedFact } from './steps/index.ts';
import { comparedFact, type ComparedResource, describeHandwork, handworkFact } from './verify/index.ts';

/**
 * Recovers the control plane of the given hosts. Everything that can be checked is checked before anything stops;
 * what fails afterwards is rolled back.
 *
 * Errors: RECOVERY_REFUSED (the preflight speaks against it; nothing was touched), RECOVERY_UNSUPPORTED,
 * RECOVERY_PENDING, RECOVERY_DECLINED, RECOVERY_ROLLED_BACK, ROLL_BACK_FAILED, INTERRUPTED, and those of reading the
 * snapshot and of finding etcd.
 */
export async function recoverControlPlane(
  options: RecoverOptions,
  hosts: readonly RecoveryHost[],
  ctx: OperationContext,
): Promise<RecoverResult> {
  const startedMs = ctx.clock.monotonicMs();
  const report = await preflight(options, hosts, ctx);
  logPreflight(report, ctx);
  options.onPreflight?.(report);
  const result = { report, compared: [], sanitized: undefined, handwork: [], kept: [] };
  if (!report.ok) throw refused(report.findings);
  if (options.planOnly === true)
    return { ...result, outcome: 'planned', tookMs: ctx.clock.monotonicMs() - startedMs };
  if ((await options.confirm?.(report)) !== true)
    throw new HoldfastError('RECOVERY_DECLINED', 'not confirmed: nothing was touched');
  await begin(hosts, report.plan, ctx);
  await driveForward(hosts, report.plan, ctx);
  return await describeOutcome(report, hosts, startedMs, ctx);
}

async function preflight(
  options: RecoverOptions,
  hosts: readonly RecoveryHost[],
  ctx: OperationContext,
): Promise<PreflightReport> {
  ctx.log.info('checking the snapshot', { path: options.snapshotPath });
  const checked = await checkSnapshot(options.snapshotPath, options.skipHashCheck ?? false, ctx);
  const unsound = snapshotFindings(checked.verified.checks);
  // A file that is not sound is not read any further, and nothing is planned with it.
  if (unsound.some(({ severity }) => severity === 'fail')) throw refused(unsound);
  ctx.log.info('looking at the hosts', { hosts: hosts.map(({ name }) => name) });
  const facts = await Promise.all(hosts.map((host) => host.inspect()));
  refusePending(facts);
  const apiServer = facts.find(({ discovery }) => discovery.apiServer)?.discovery.apiServer;
  const storagePrefix = apiServer?.etcdPrefix ?? defaultStoragePrefix;
  const snapshot = await readSnapshotFacts(checked, storagePrefix, ctx);
  const nowMs = ctx.clock.now();
  const plan = buildRecoveryPlan({ snapshot, hosts: facts, options, id: newRecoveryId(nowMs), nowMs });
  const ofHosts = await Promise.all(
    hosts.map(async (host, index) => onHost(host.name, await host.preflight(plan, index))),
  );
  const findings = [
    ...unsound,
    ...checkPlan({ snapshot, hosts: facts, plan, options, nowMs }),
    ...ofHosts.flat(),
  ];
  const noted = { keys: checked.verified.keys, revisions: checked.watcher.revisions };
  const { path, kubeSystemUid } = snapshot;
  const impact = await foresee(hosts, facts, { path, noted, storagePrefix, kubeSystemUid }, ctx);
  return { plan, findings, impact, ok: findings.every(({ severity }) => severity !== 'fail') };
}

/** So that a log file tells the whole story. */
function logPreflight({ plan, findings, impact }: PreflightReport, ctx: OperationContext): void {
  const { bump, target, highWater, source } = plan.revision;
  ctx.log.info('plan', {
    recovery: plan.id,
    snapshot: plan.snapshot.path,
    backup: plan.snapshot.backup,
    sha256: plan.snapshot.sha256,
    'initial-cluster': plan.cluster.initialCluster,
    token: plan.cluster.token,
    bump,
    target,
    'high-water': highWater,
    source,
  });
  for (const host of plan.hosts)
    for (const { live, staged, kept } of host.swaps)
      ctx.log.info('swap', { host: host.host, live, staged, kept });
  if ('problem' in impact) ctx.log.info('impact not known', { why: impact.problem });
  else
    ctx.log.info('impact', { ...impact.counts, high: impact.high.map(({ id, count }) => `${id} ${count}`) });
  for (const { severity, code, host, message } of findings)
    ctx.log.info(`check ${severity}: ${message}`, { code, host });
}

function onHost(host: string, findings: readonly Finding[]): PreflightFinding[] {
  return findings.map((finding) => ({ ...finding, host }));
}

/** Sorts by time, and tells two of one second apart. */
function newRecoveryId(nowMs: number): string {
  const [date, time] = new Date(nowMs).toISOString().split('T') as [string, string];
  return `${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}-${randomBytes(2).toString('hex')}`;
}

function refusePending(hosts: readonly HostFacts[]): void {
  const host = hosts.find(({ pending }) => pending !== undefined);
  if (host?.pending === undefined) return;
  throw new HoldfastError('RECOVERY_PENDING', `${host.host}: recovery ${host.pending.id} was not finished`, {
    details: { recoveryId: host.pending.id, host: host.host },
  });
}

function refused(findings: readonly PreflightFinding[]): HoldfastError {
  const against = findings.filter(({ severity }) => severity === 'fail');
  const [first] = against;
  const more = against.length > 1 ? ` (and ${against.length - 1} more)` : '';
  const where = first?.host === undefined ? '' : `${first.host}: `;
  return new HoldfastError(
    'RECOVERY_REFUSED',
    `nothing was touched: ${where}${first?.message ?? ''}${more}`,
    {
      details: { findings: against.map(({ code }) => code) },
    },
  );
}

/** From the first journal on there is something to undo, also when a later host cannot be prepared. */
async function begin(
  hosts: readonly RecoveryHost[],
  plan: RecoveryPlan,
  ctx: OperationContext,
): Promise<void> {
  const begun = await Promise.allSettled(hosts.map((host, index) => host.begin(plan, index)));
  const failed = begun.find((outcome) => outcome.status === 'rejected');
  if (failed === undefined) return;
  const there = hosts.filter((_, index) => begun[index]!.status === 'fulfilled');
  // Nowhere has anything begun, so there is nothing to say about undoing it.
  if (there.length === 0) throw failed.reason;
  throw await goBack(there, plan, { error: failed.reason, reached: 'stage' }, ctx);
}

async function describeOutcome(
  report: PreflightReport,
  hosts: readonly RecoveryHost[],
  startedMs: number,
  ctx: OperationContext,
): Promise<RecoverResult> {
  const facts = async (name: string) =>
    (await Promise.all(hosts.map((host) => host.fact(name)))).filter((fact) => fact !== undefined);
  const [compared = []] = (await facts(comparedFact)) as ComparedResource[][];
  const [noted = []] = (await facts(handworkFact)) as string[][];
  const [sanitized] = (await facts(sanitizedFact)) as SanitizeReport[];
  const kubelets = (await facts(kubeletFact)) as string[];
  return {
    outcome: 'committed',
    report,
    compared,
    sanitized,
    handwork: [...kubelets, ...describeHandwork(report.plan), ...noted],
    kept: report.plan.hosts.flatMap(({ host, swaps }) =>
      swaps.flatMap(({ kept }) => (kept === undefined ? [] : [{ host, path: kept }])),
    ),
    tookMs: ctx.clock.monotonicMs() - startedMs,
  };
}
