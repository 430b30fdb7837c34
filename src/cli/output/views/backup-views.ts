import type {
  BackupSummary,
  BundledFile,
  CreateBackupResult,
  ListedBackups,
} from '../../../operations/backup/index.ts';
import type { GoJson } from '../go-json.ts';
import { formatHumanSize } from '../human-size.ts';
import type { View } from '../view.ts';
import { field } from './etcd-fields.ts';
import { type RecordField, recordView } from './record-view.ts';

type BackupRecord = BackupSummary['record'];

/** What a backup is, as every command on backups shows it. */
function recordFields(record: BackupRecord): RecordField[] {
  const { source, cluster, hashes, totals, stored, bundle } = record;
  const fields: (RecordField | undefined)[] = [
    { title: 'ID', json: 'id', value: record.id },
    { title: 'Created', json: 'createdAt', value: record.createdAt },
    { title: 'Host', json: 'host', value: record.host },
    { title: 'Source', json: 'source', value: source.kind },
    optionalField('Endpoint', 'endpoint', source.endpoint),
    { title: 'Cluster', json: 'cluster', value: cluster.identity },
    optionalField('Cluster ID', 'clusterId', cluster.clusterId),
    optionalField('Member ID', 'memberId', cluster.memberId),
    optionalField('Member', 'memberName', cluster.memberName),
    { title: 'Revision', json: 'revision', value: record.revision },
    { title: 'Compacted revision', json: 'compactedRevision', value: record.compactedRevision },
    { title: 'etcd version', json: 'etcdVersion', value: record.etcdVersion ?? '' },
    { title: 'Storage version', json: 'storageVersion', value: record.storageVersion ?? '' },
    optionalField('Kubernetes version', 'kubernetesVersion', record.kubernetesVersion),
    { title: 'Keys', json: 'keys', value: totals.keys },
    { title: 'Rows', json: 'rows', value: totals.rows },
    { title: 'Size', json: 'sizeBytes', value: source.sizeBytes },
    { title: 'SHA256', json: 'sha256', value: source.sha256 },
    { title: 'Exact', json: 'exact', value: source.exact },
    { title: 'Hash', json: 'hash', value: hashes.snapshot, text: hashes.snapshot.toString(16) },
    hashes.kv === undefined ? undefined : { title: 'HashKV', json: 'hashKv', value: hashes.kv },
    { title: 'New bytes', json: 'newBytes', value: stored.newBytes },
    { title: 'Uploaded bytes', json: 'uploadedBytes', value: stored.uploadedBytes },
    optionalField('Bundle files', 'bundleFiles', bundle?.files),
    optionalField('Bundle bytes', 'bundleBytes', bundle?.bytes),
    optionalField('Parent', 'parent', record.parent),
  ];
  return fields.filter((entry) => entry !== undefined);
}

function optionalField(title: string, json: string, value: string | number | undefined) {
  return value === undefined ? undefined : { title, json, value };
}

export function createdBackupView({ created, record, members, tookMs }: CreateBackupResult): View {
  const { stored, totals } = record;
  const line = created
    ? `Backup ${record.id} at revision ${record.revision}: ${totals.keys} keys, ` +
      `${formatHumanSize(stored.newBytes)} new, ${formatHumanSize(stored.uploadedBytes)} stored`
    : `Nothing has changed since backup ${record.id}`;
  return recordView(
    [
      ...recordFields(record),
      ...(members === undefined
        ? []
        : [
            { title: 'Members with the same', json: 'membersSame', value: members.same.length },
            { title: 'Members that differ', json: 'membersDiffering', value: members.different.length },
          ]),
      { title: 'New backup', json: 'created', value: created },
      { title: 'Took ms', json: 'tookMs', value: Math.round(tookMs) },
    ],
    [line],
  );
}

/** The verdict of the last verification or drill. */
function verdictOf({ results }: BackupSummary): string {
  const last = results.at(-1);
  return last === undefined ? '' : `${last.kind} ${last.verdict}`;
}

function summaryJson(summary: BackupSummary, files?: readonly BundledFile[]): GoJson {
  const { record, pin, results } = summary;
  return {
    ...Object.fromEntries(recordFields(record).map(({ json, value }) => [json, value])),
    verified: verdictOf(summary),
    pinned: pin !== undefined,
    ...(pin !== undefined && { pin: { at: pin.at, reason: pin.reason, until: pin.until ?? '' } }),
    members: [...record.cluster.members],
    resources: record.resources.map((total) => ({ ...total })),
    results: results.map(({ kind, at, verdict, tookMs }) => ({ kind, at, verdict, tookMs })),
    ...filesJson(files),
  };
}

const header = ['ID', 'CREATED', 'REVISION', 'KEYS', 'SIZE', 'NEW', 'STORED', 'VERIFIED', 'PINNED'];

/** How long ago a time stamp is, in few characters. */
export type TellAge = (stamp: string) => string;

function cellsOf(summary: BackupSummary, age: TellAge): string[] {
  const { record, pin, results } = summary;
  const last = results.at(-1);
  return [
    record.id,
    `${age(record.createdAt)} ago`,
    record.revision.toString(),
    record.totals.keys.toString(),
    formatHumanSize(record.source.sizeBytes),
    formatHumanSize(record.stored.newBytes),
    formatHumanSize(record.stored.uploadedBytes),
    last === undefined ? '' : `${verdictOf(summary)} ${age(last.at)} ago`,
    pin === undefined ? '' : 'yes',
  ];
}

export function backupListView({ backups, unreadable }: ListedBackups, age: TellAge): View {
  const rows = backups.map((backup) => cellsOf(backup, age));
  return {
    simple(output) {
      const all = [header, ...rows];
      const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
      for (const row of all)
        output.line(
          row
            .map((cell, column) => cell.padEnd(widths[column]!))
            .join('  ')
            .trimEnd(),
        );
    },
    json: () => ({
      backups: backups.map((summary) => summaryJson(summary)),
      unreadable: unreadable.map(({ id, error }) => ({ id, code: error.code, message: error.message })),
    }),
    table: () => ({ header, rows }),
    fields(output) {
      for (const { record } of backups) {
        for (const { title, text, value } of recordFields(record))
          field(output, title, text ?? value.toString());
        output.line('');
      }
    },
  };
}

/** @param files what went with it, for who may know */
export function backupView(summary: BackupSummary, files: readonly BundledFile[] | undefined): View {
  const { record, pin } = summary;
  const fields = recordFields(record);
  const lines = fields.map(({ title, text, value }) => `${title}: ${text ?? value.toString()}`);
  const verdict = verdictOf(summary);
  if (verdict !== '') lines.push(`Verified: ${verdict}`);
  if (pin !== undefined) lines.push(`Pinned: ${pin.reason}`);
  for (const { resource, objects, bytes } of record.resources)
    lines.push(`  ${resource}: ${objects}, ${formatHumanSize(bytes)}`);
  if (files !== undefined) lines.push('Files that went with it:');
  for (const { path, sizeBytes } of files ?? []) lines.push(`  ${path}: ${sizeBytes}`);
  return { ...recordView(fields, lines), json: () => summaryJson(summary, files) };
}

function filesJson(files: readonly BundledFile[] | undefined) {
  return files === undefined
    ? {}
    : { files: files.map(({ path, kind, mode, sizeBytes }) => ({ path, kind, mode, sizeBytes })) };
}
