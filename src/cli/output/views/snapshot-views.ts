/** Results of the snapshot commands. */
import type { SnapshotStatus } from '../../../operations/status/index.ts';
import type { VerifyResult } from '../../../operations/verify/index.ts';
import { formatHumanSize } from '../human-size.ts';
import type { View } from '../view.ts';
import { field, quotedField } from './etcd-fields.ts';

/**
 * The numbers of a file, in the columns of the etcdutl that belongs to it: four before 3.6, then five.
 * Source of the fact: etcdutl/etcdutl/printer*.go, 3.5 to 3.7.
 */
export function snapshotStatusView(status: SnapshotStatus): View {
  const { hash, revision, totalKeys, totalSizeBytes, version } = status;
  const cells = [
    hash.toString(16),
    revision.toString(),
    totalKeys.toString(),
    formatHumanSize(totalSizeBytes),
  ];
  const row = version === undefined ? cells : [...cells, version];
  const header = ['hash', 'revision', 'total keys', 'total size'];
  return {
    simple: (output) => output.line(row.join(', ')),
    json: () => ({ hash, revision, totalKey: totalKeys, totalSize: totalSizeBytes, version }),
    fields(output) {
      field(output, 'Hash', hash);
      field(output, 'Revision', revision);
      field(output, 'Keys', totalKeys);
      field(output, 'Size', totalSizeBytes);
      if (version !== undefined) field(output, 'Version', version);
    },
    table: () => ({ header: version === undefined ? header : [...header, 'version'], rows: [row] }),
  };
}

export interface HashNumbers {
  readonly hash: number;
  readonly hashRevision: bigint;
  readonly compactRevision: bigint;
}

/** Source of the fact: etcdutl/etcdutl/printer*.go, 3.6 and 3.7. */
export function snapshotHashView({ hash, hashRevision, compactRevision }: HashNumbers): View {
  const row = [hash.toString(), hashRevision.toString(), compactRevision.toString()];
  return {
    simple: (output) => output.line(row.join(', ')),
    json: () => ({ hash, hashRevision, compactRevision }),
    fields(output) {
      field(output, 'Hash', hash);
      field(output, 'Hash revision', hashRevision);
      field(output, 'Compact revision', compactRevision);
    },
    table: () => ({ header: ['hash', 'hash revision', 'compact revision'], rows: [row] }),
  };
}

/** The report of `snapshot verify`: a row a check, then the findings that are more than notes. */
export function verifyView({ path, checks, ok }: VerifyResult): View {
  const findings = checks.flatMap((check) =>
    check.findings
      .filter(({ severity }) => severity !== 'ok')
      .map((finding) => ({ check: check.name, ...finding })),
  );
  return {
    simple(output) {
      const width = Math.max(...checks.map(({ name }) => name.length));
      for (const [name, status, text] of reportLines(checks))
        output.line(`${status.padEnd(4)}  ${name.padEnd(width)}  ${text}`);
      output.line(ok ? `${path}: no check failed` : `${path}: at least one check failed`);
    },
    json: () => ({
      path,
      ok,
      checks: checks.map(({ name, status, summary, findings: all, omittedFindings }) => ({
        name,
        status,
        summary,
        findings: all.map(({ severity, code, message, where }) => ({ severity, code, message, where })),
        omittedFindings,
      })),
    }),
    fields(output) {
      for (const { name, status, summary } of checks) quotedField(output, name, `${status}: ${summary}`);
      for (const { check, severity, message } of findings)
        quotedField(output, `${check} ${severity}`, message);
      field(output, 'OK', ok);
    },
    table: () => ({
      align: 'left',
      header: ['check', 'status', 'summary'],
      rows: reportLines(checks),
    }),
  };
}

/** A line for each check, and below it one for each finding that says more than the summary. */
function reportLines(checks: VerifyResult['checks']): [name: string, status: string, text: string][] {
  return checks.flatMap(({ name, status, summary, findings, omittedFindings }) => {
    const telling = findings.filter(({ severity, message }) => severity !== 'ok' && message !== summary);
    const more: [string, string, string][] =
      omittedFindings > 0 ? [['', '', `and ${omittedFindings} more`]] : [];
    return [
      [name, status, summary],
      ...telling.map(({ severity, message }): [string, string, string] => ['', severity, message]),
      ...more,
    ];
  });
}
