/** Plans and outcomes of a recovery, for a person who will have to trust them. */
import type {
  HostPlan,
  PreflightFinding,
  PreflightReport,
  RecoverResult,
  RecoveryPlan,
} from '../../../operations/recover/index.ts';
import type { GoJson } from '../go-json.ts';
import { formatHumanSize } from '../human-size.ts';
import type { Output, View, WriteOut } from '../view.ts';

/** The plan and the checks, before anybody is asked. A JSON document is printed at the end only. */
export function showPreflight(report: PreflightReport, format: WriteOut, output: Output): void {
  if (format !== 'simple') return;
  for (const line of planLines(report.plan)) output.line(line);
  output.line('');
  for (const line of impactLines(report)) output.line(line);
  output.line('');
  output.line('Checks');
  for (const line of findingLines(report.findings)) output.line(line);
  output.line('');
}

/** Has been shown already; in JSON it is the document. */
export function planView(report: PreflightReport): View {
  return {
    simple: (output) =>
      output.line('Nothing was done: this was the plan. Run the command without --plan to carry it out.'),
    json: () => ({ outcome: 'planned', ...reportJson(report) }),
  };
}

export function recoveryView(result: RecoverResult): View {
  const { report, compared, sanitized, handwork, kept, tookMs } = result;
  const { plan } = report;
  return {
    simple(output) {
      output.line('');
      output.line(`Recovered in ${(tookMs / 1000).toFixed(1)} s. etcd holds what the snapshot holds:`);
      output.line(
        `${plan.snapshot.keyCount} keys as of revision ${plan.snapshot.revision}; it goes on from revision ${plan.revision.target}.`,
      );
      if (compared.length > 0) {
        const counts = compared
          .filter(({ count }) => count > 0)
          .map(({ resource, count }) => `${count} ${resource}`)
          .join(', ');
        output.line(`The API server lists what the snapshot holds: ${counts}.`);
      }
      if (sanitized !== undefined)
        output.line(`Taken out of the restored copy: ${sanitizedText(sanitized)}.`);
      for (const { host, path } of kept) output.line(`The old data is kept on ${host} at ${path}.`);
      if (handwork.length > 0) output.line('');
      for (const line of handwork) output.line(`Still to do: ${line}`);
    },
    json: () => ({
      outcome: result.outcome,
      ...reportJson(report),
      compared: compared.map(({ resource, count }) => ({ resource, count })),
      sanitized: sanitized && { alarms: sanitized.alarms, deletedKeys: { ...sanitized.deletedKeys } },
      handwork: [...handwork],
      kept: kept.map(({ host, path }) => ({ host, path })),
      tookMs: Math.round(tookMs),
    }),
  };
}

function sanitizedText({ alarms, deletedKeys }: NonNullable<RecoverResult['sanitized']>): string {
  const kinds = Object.entries(deletedKeys).filter(([, count]) => count > 0);
  const parts = [['alarm', alarms] as const, ...kinds].map(
    ([kind, count]) => `${count} ${kind}${count === 1 ? '' : 's'}`,
  );
  return parts.join(', ');
}

/** A recovery that was taken up again. */
export function pendingView(plan: RecoveryPlan, outcome: 'committed' | 'rolled-back'): View {
  return {
    simple: (output) =>
      output.line(
        outcome === 'committed'
          ? `Recovery ${plan.id} is finished.`
          : `Recovery ${plan.id} is undone: everything is as it was before.`,
      ),
    json: () => ({ outcome, recoveryId: plan.id, hosts: plan.hosts.map(({ host }) => host) }),
  };
}

function planLines(plan: RecoveryPlan): string[] {
  const { snapshot, cluster, revision } = plan;
  return [
    row('Recovery', plan.id),
    row('Snapshot', `${snapshot.backup ?? snapshot.path} (${formatHumanSize(snapshot.sizeBytes)})`),
    row('', `revision ${snapshot.revision}, ${snapshot.keyCount} keys`),
    row('Cluster', cluster.initialCluster),
    row('', `token ${cluster.token}`),
    row(
      'Revision',
      revision.bump === 0n
        ? `stays at ${revision.target}`
        : `goes on at ${revision.target} (${revision.bump} is added), older ones are marked compacted`,
    ),
    ...plan.hosts.flatMap((host) => ['', ...hostLines(host, plan)]),
  ];
}

function hostLines(host: HostPlan, { sanitize }: RecoveryPlan): string[] {
  const roles = host.manifests.map(({ role }) => role);
  const clients = roles.filter((role) => role !== 'etcd');
  const edited = host.manifests.find(({ editedFile }) => editedFile !== undefined);
  return [
    `On ${host.host}`,
    row('  stage', `restore as member ${host.member.name} into ${host.stagedDataDir}, check it there`),
    ...(sanitize ? [row('  sanitize', 'take alarms, stale leases and stale endpoints out of it')] : []),
    row('  fence', `move the manifests of ${roles.join(', ')} to ${host.fenceDir}`),
    row('', 'and wait until their processes are gone'),
    ...host.swaps.flatMap(({ live, staged, kept }) => [
      ...(kept === undefined ? [] : [row('  swap', `${live} -> ${kept} (kept)`)]),
      row(kept === undefined ? '  swap' : '', `${staged} -> ${live}`),
    ]),
    ...(edited === undefined
      ? []
      : [row('  edit', `${edited.file}, line ${edited.changedLines.join(', line ')}`)]),
    row('  verify', 'etcd back: history hash, keys, revision, members'),
    ...(clients.length === 0 ? [] : [row('', `${clients.join(', ')} back: ready, lists as in the snapshot`)]),
    row(
      '  kubelet',
      host.kubeletUnit === undefined ? 'to be restarted by hand' : `restart ${host.kubeletUnit}`,
    ),
  ];
}

/** What would become of the objects: the rest of it is another command's. */
function impactLines({ impact, plan }: PreflightReport): string[] {
  if ('problem' in impact) return [row('Impact', `not known: ${impact.problem}`)];
  const { counts, high, host } = impact;
  const text = `${counts.vanish} vanish, ${counts.return} come back, ${counts.change} go back to what they were`;
  const unread = counts.unread === 0 ? [] : [row('', `${counts.unread} of them could not be looked into`)];
  return [
    row('Impact', `objects of the old data on ${host}: ${text}`),
    ...unread,
    ...high.map(({ title, count }) => row('', `high: ${title} (${count})`)),
    row('', `"holdfast objects impact ${plan.snapshot.backup ?? plan.snapshot.path}" tells more`),
  ];
}

function impactJson(impact: PreflightReport['impact']): GoJson {
  if ('problem' in impact) return { problem: impact.problem };
  const { host, counts, high } = impact;
  return { host, counts: { ...counts }, high: high.map((each) => ({ ...each })) };
}

function row(title: string, text: string): string {
  return `${title.padEnd(11)} ${text}`;
}

function findingLines(findings: readonly PreflightFinding[]): string[] {
  return findings.map(
    ({ severity, host, message }) =>
      `  ${severity.padEnd(4)}  ${host === undefined ? '' : `${host}: `}${message}`,
  );
}

function reportJson({ plan, findings, impact, ok }: PreflightReport): Record<string, GoJson> {
  return {
    recoveryId: plan.id,
    ok,
    snapshot: {
      path: plan.snapshot.path,
      backup: plan.snapshot.backup,
      sizeBytes: plan.snapshot.sizeBytes,
      sha256: plan.snapshot.sha256,
      revision: plan.snapshot.revision.toString(),
      keyCount: plan.snapshot.keyCount,
    },
    revision: {
      bump: plan.revision.bump.toString(),
      target: plan.revision.target.toString(),
      highWater: plan.revision.highWater?.toString(),
      source: plan.revision.source,
    },
    cluster: { initialCluster: plan.cluster.initialCluster, token: plan.cluster.token },
    hosts: plan.hosts.map(hostJson),
    impact: impactJson(impact),
    findings: findings.map(({ severity, code, host, message }) => ({ severity, code, host, message })),
  };
}

function hostJson(host: HostPlan): GoJson {
  return {
    host: host.host,
    member: host.member.name,
    mode: host.mode,
    dataDir: host.dataDir,
    stagedDataDir: host.stagedDataDir,
    fenceDir: host.fenceDir,
    manifests: host.manifests.map(({ role, file, changedLines }) => ({
      role,
      file,
      changedLines: [...changedLines],
    })),
    swaps: host.swaps.map(({ live, staged, kept }) => ({ live, staged, kept })),
    kubeletUnit: host.kubeletUnit,
  };
}
