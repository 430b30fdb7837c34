/** The report of `drill`. */
import type { DrillCheck, DrillReport } from '../../../operations/drill/index.ts';
import { formatHumanSize } from '../human-size.ts';
import type { View } from '../view.ts';
import { field, quotedField } from './etcd-fields.ts';

export function drillView(report: DrillReport): View {
  const { checks, ok, firstAnswerMs, provenMs, facts, server } = report;
  return {
    simple(output) {
      output.line(drillTitle(report));
      const width = Math.max(...checks.map(({ name }) => name.length));
      for (const { name, status, text, took } of reportLines(checks))
        output.line(`${status.padEnd(7)}  ${name.padEnd(width)}  ${took.padStart(7)}  ${text}`);
      for (const line of drillVerdict(report)) output.line(line);
    },
    json: () => ({
      source: report.source,
      kind: report.kind,
      sizeBytes: report.sizeBytes,
      startedAt: new Date(report.startedAtMs).toISOString(),
      ok,
      server: { kind: server.kind, version: server.version },
      kubernetesVersion: report.kubernetesVersion,
      facts: facts && { ...facts, members: [...facts.members] },
      timeToFirstAnswerMs: rounded(firstAnswerMs),
      timeToProofMs: rounded(provenMs),
      tookMs: rounded(report.tookMs),
      keptSandbox: report.keptSandbox,
      checks: checks.map(({ name, status, summary, findings, omittedFindings, tookMs }) => ({
        name,
        status,
        summary,
        findings: findings.map(({ severity, code, message, where }) => ({ severity, code, message, where })),
        omittedFindings,
        tookMs: rounded(tookMs),
      })),
    }),
    fields(output) {
      for (const { name, status, summary } of checks) quotedField(output, name, `${status}: ${summary}`);
      if (firstAnswerMs !== undefined) field(output, 'TimeToFirstAnswerMs', Math.round(firstAnswerMs));
      if (provenMs !== undefined) field(output, 'TimeToProofMs', Math.round(provenMs));
      field(output, 'OK', ok);
    },
    table: () => ({
      align: 'left',
      header: ['check', 'status', 'took', 'summary'],
      rows: [
        ...reportLines(checks).map(({ name, status, text, took }) => [name, status, took, text]),
        ['first answer', '', seconds(firstAnswerMs), 'from the start: checked, restored, up'],
        ['proven', '', seconds(provenMs), 'from the start until the last check had passed'],
      ],
    }),
  };
}

/** `backup.db: a snapshot of 4.1 MB, revision 5708, 2270 keys`. */
export function drillTitle({ source, kind, sizeBytes, facts }: DrillReport): string {
  const words = { snapshot: 'a snapshot', database: 'a database', 'data-dir': 'a data dir' }[kind];
  const known = facts === undefined ? '' : `, revision ${facts.revision}, ${facts.keys} keys`;
  return `${source}: ${words} of ${formatHumanSize(sizeBytes)}${known}`;
}

/** What answered, how fast, and what that says. */
export function drillVerdict(report: DrillReport): string[] {
  const { source, ok, server, firstAnswerMs, provenMs, checks, keptSandbox } = report;
  const failed = checks.filter(({ status }) => status === 'fail').map(({ name }) => name);
  return [
    ...(firstAnswerMs === undefined ? [] : [drilledWith(report)]),
    ...(firstAnswerMs === undefined ? [] : [`First answer after ${seconds(firstAnswerMs)}`]),
    ...(provenMs === undefined ? [] : [`Everything proven after ${seconds(provenMs)}`]),
    ...(keptSandbox === undefined ? [] : [`The sandbox was kept: ${keptSandbox}`]),
    ...(ok && server.kind === 'embedded' ? ['For the proof with the real etcd give --etcd PATH'] : []),
    ok ? `${source}: came up as what it claims to be` : `${source}: failed at ${failed.join(', ')}`,
  ];
}

/** `Drilled with the real etcd 3.6.16 and kube-apiserver v1.36.3`. */
export function drilledWith({ server, kubernetesVersion }: DrillReport): string {
  const version = server.version ?? '';
  const etcd =
    server.kind === 'etcd'
      ? `the real etcd ${version}`
      : `the embedded server (as etcd ${version}), not with the real etcd`;
  return `Drilled with ${etcd}${kubernetesVersion === undefined ? '' : ` and kube-apiserver ${kubernetesVersion}`}`;
}

/** `0.48 s`; nothing for undefined. */
export function seconds(ms: number | undefined): string {
  if (ms === undefined) return '';
  return ms < 9995 ? `${(ms / 1000).toFixed(2)} s` : `${(ms / 1000).toFixed(0)} s`;
}

interface ReportLine {
  readonly name: string;
  readonly status: string;
  readonly text: string;
  readonly took: string;
}

/** A line for each check, and below it one for each finding that says more than the summary. */
function reportLines(checks: readonly DrillCheck[]): ReportLine[] {
  return checks.flatMap(({ name, status, summary, findings, omittedFindings, tookMs }) => {
    const telling = findings.filter(({ severity, message }) => severity !== 'ok' && message !== summary);
    const took = status === 'skipped' ? '' : seconds(tookMs);
    return [
      { name, status, text: summary, took },
      ...telling
        .filter(({ message }) => !summary.startsWith(message))
        .map(({ severity, message }) => ({ name: '', status: severity, text: message, took: '' })),
      ...(omittedFindings > 0
        ? [{ name: '', status: '', text: `and ${omittedFindings} more`, took: '' }]
        : []),
    ];
  });
}

function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms);
}
