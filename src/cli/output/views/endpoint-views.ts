/**
 * Results of the endpoint commands.
 *
 * etcdctl prints more columns since 3.6. A line is as wide as the etcdctl that belongs to the server prints it: scripts
 * written beside a 3.5 cluster find their columns, and so do those beside a 3.6 one.
 */
import type { HashKVResponse, StatusResponse } from '../../../etcd/index.ts';
import { type GoJson, unlessEmpty, unlessZero } from '../go-json.ts';
import { formatHumanSize } from '../human-size.ts';
import type { Output, TextTable, View } from '../view.ts';
import { field, type FieldOptions, headerLines, quotedField } from './etcd-fields.ts';
import { headerJson } from './etcd-json.ts';

export interface HealthRow {
  readonly endpoint: string;
  readonly isHealthy: boolean;
  /** In Go's notation. */
  readonly took: string;
  readonly problem: string;
}

/** Healthy endpoints go to `output`; the commands tells the others on stderr in the simple format. */
export function healthView(rows: readonly HealthRow[]): View {
  return {
    simple(output) {
      for (const { endpoint, isHealthy, took } of rows)
        if (isHealthy) output.line(`${endpoint} is healthy: successfully committed proposal: took = ${took}`);
    },
    json: () =>
      rows.map(({ endpoint, isHealthy, took, problem }) => ({
        endpoint,
        health: isHealthy,
        took,
        error: unlessZero(problem),
      })),
    fields(output) {
      for (const { endpoint, isHealthy, took, problem } of rows) {
        quotedField(output, 'Endpoint', endpoint);
        field(output, 'Health', isHealthy);
        field(output, 'Took', took);
        field(output, 'Error', problem);
        output.line('');
      }
    },
    table: () => ({
      header: ['endpoint', 'health', 'took', 'error'],
      rows: rows.map(({ endpoint, isHealthy, took, problem }) => [
        endpoint,
        isHealthy.toString(),
        took,
        problem,
      ]),
    }),
  };
}

export interface EndpointStatus {
  readonly endpoint: string;
  readonly status: StatusResponse;
}

export function endpointStatusView(replies: readonly EndpointStatus[], options: FieldOptions): View {
  const isWide = replies.some(({ status }) => isSince36(status.version));
  const table = () => (isWide ? wideTable(replies) : narrowTable(replies));
  return {
    simple(output) {
      for (const row of table().rows) output.line(row.join(', '));
    },
    json: () => replies.map(({ endpoint, status }) => ({ Endpoint: endpoint, Status: statusJson(status) })),
    fields(output) {
      for (const reply of replies) (isWide ? wideLines : narrowLines)(output, reply, options);
    },
    table,
  };
}

function isSince36(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 3 || (major === 3 && minor >= 6);
}

function narrowTable(replies: readonly EndpointStatus[]): TextTable {
  return {
    header: [
      'endpoint',
      'ID',
      'version',
      'db size',
      'is leader',
      'is learner',
      'raft term',
      'raft index',
      'raft applied index',
      'errors',
    ],
    rows: replies.map(({ endpoint, status }) => [
      endpoint,
      memberId(status),
      status.version,
      formatHumanSize(status.dbSize),
      isLeader(status),
      status.isLearner.toString(),
      status.raftTerm.toString(),
      status.raftIndex.toString(),
      status.raftAppliedIndex.toString(),
      status.errors.join(', '),
    ]),
  };
}

function wideTable(replies: readonly EndpointStatus[]): TextTable {
  const { header, rows } = narrowTable(replies);
  const before = header.indexOf('db size');
  const wideRow = (row: readonly string[], { status }: EndpointStatus) => [
    ...row.slice(0, before),
    status.storageVersion,
    row[before]!,
    formatHumanSize(status.dbSizeInUse),
    `${percentNotInUse(status)}%`,
    formatHumanSize(status.dbSizeQuota),
    ...row.slice(before + 1),
    status.downgradeInfo?.targetVersion ?? '',
    (status.downgradeInfo?.enabled ?? false).toString(),
  ];
  return {
    header: [
      ...header.slice(0, before),
      'storage version',
      'db size',
      'in use',
      'percentage not in use',
      'quota',
      ...header.slice(before + 1),
      'downgrade target version',
      'downgrade enabled',
    ],
    rows: rows.map((row, index) => wideRow(row, replies[index]!)),
  };
}

function memberId(status: StatusResponse): string {
  return (status.header?.memberId ?? 0n).toString(16);
}

function isLeader(status: StatusResponse): string {
  return (status.leader === status.header?.memberId).toString();
}

function percentNotInUse({ dbSize, dbSizeInUse }: StatusResponse): string {
  return dbSize === 0n ? '0' : (100n - (dbSizeInUse * 100n) / dbSize).toString();
}

function statusJson(status: StatusResponse): GoJson {
  const { downgradeInfo } = status;
  return {
    header: headerJson(status.header),
    version: unlessZero(status.version),
    dbSize: unlessZero(status.dbSize),
    leader: unlessZero(status.leader),
    raftIndex: unlessZero(status.raftIndex),
    raftTerm: unlessZero(status.raftTerm),
    raftAppliedIndex: unlessZero(status.raftAppliedIndex),
    errors: unlessEmpty(status.errors),
    dbSizeInUse: unlessZero(status.dbSizeInUse),
    isLearner: unlessZero(status.isLearner),
    storageVersion: unlessZero(status.storageVersion),
    dbSizeQuota: unlessZero(status.dbSizeQuota),
    downgradeInfo: downgradeInfo && {
      enabled: unlessZero(downgradeInfo.enabled),
      targetVersion: unlessZero(downgradeInfo.targetVersion),
    },
  };
}

function narrowLines(output: Output, { endpoint, status }: EndpointStatus, options: FieldOptions): void {
  headerLines(output, status.header, options);
  quotedField(output, 'Version', status.version);
  field(output, 'DBSize', status.dbSize);
  field(output, 'Leader', status.leader);
  field(output, 'IsLearner', status.isLearner);
  field(output, 'RaftIndex', status.raftIndex);
  field(output, 'RaftTerm', status.raftTerm);
  field(output, 'RaftAppliedIndex', status.raftAppliedIndex);
  field(output, 'Errors', `[${status.errors.join(' ')}]`);
  quotedField(output, 'Endpoint', endpoint);
  output.line('');
}

function wideLines(output: Output, { endpoint, status }: EndpointStatus, options: FieldOptions): void {
  headerLines(output, status.header, options);
  quotedField(output, 'Version', status.version);
  quotedField(output, 'StorageVersion', status.storageVersion);
  field(output, 'DBSize', status.dbSize);
  field(output, 'DBSizeInUse', status.dbSizeInUse);
  field(output, 'DBSizeQuota', status.dbSizeQuota);
  field(output, 'Leader', status.leader);
  field(output, 'IsLearner', status.isLearner);
  field(output, 'RaftIndex', status.raftIndex);
  field(output, 'RaftAppliedIndex', status.raftAppliedIndex);
  field(output, 'Errors', `[${status.errors.join(' ')}]`);
  quotedField(output, 'Endpoint', endpoint);
  quotedField(output, 'DowngradeTargetVersion', status.downgradeInfo?.targetVersion ?? '');
  field(output, 'DowngradeEnabled', status.downgradeInfo?.enabled ?? false);
  output.line('');
}

export interface EndpointHash {
  readonly endpoint: string;
  readonly hash: HashKVResponse;
}

export function endpointHashView(replies: readonly EndpointHash[], options: FieldOptions): View {
  // Servers before 3.6 do not say at which revision they hashed, and their etcdctl has no such column.
  const isWide = replies.some(({ hash }) => hash.hashRevision !== 0n);
  const table = () => ({
    header: ['endpoint', 'hash', ...(isWide ? ['hash_revision'] : [])],
    rows: replies.map(({ endpoint, hash }) => [
      endpoint,
      hash.hash.toString(),
      ...(isWide ? [hash.hashRevision.toString()] : []),
    ]),
  });
  return {
    simple(output) {
      for (const row of table().rows) output.line(row.join(', '));
    },
    json: () => replies.map(({ endpoint, hash }) => ({ Endpoint: endpoint, HashKV: hashJson(hash) })),
    fields(output) {
      for (const { endpoint, hash } of replies) {
        headerLines(output, hash.header, options);
        quotedField(output, 'Endpoint', endpoint);
        field(output, 'Hash', hash.hash);
        if (isWide) field(output, 'HashRevision', hash.hashRevision);
        output.line('');
      }
    },
    table,
  };
}

function hashJson(hash: HashKVResponse): GoJson {
  return {
    header: headerJson(hash.header),
    hash: unlessZero(hash.hash),
    compact_revision: unlessZero(hash.compactRevision),
    hash_revision: unlessZero(hash.hashRevision),
  };
}

export interface DefragmentRow {
  readonly endpoint: string;
  /** In Go's notation. */
  readonly took: string;
  /** Empty when it went well. */
  readonly problem: string;
}

/** etcdctl knows the simple form only; it prints each line as the endpoint is done. */
export function defragmentView(rows: readonly DefragmentRow[]): View {
  return {
    simple() {},
    json: () => rows.map(({ endpoint, took, problem }) => ({ endpoint, took, error: unlessZero(problem) })),
    fields(output) {
      for (const { endpoint, took, problem } of rows) {
        quotedField(output, 'Endpoint', endpoint);
        field(output, 'Took', took);
        field(output, 'Error', problem);
        output.line('');
      }
    },
    table: () => ({
      header: ['endpoint', 'took', 'error'],
      rows: rows.map(({ endpoint, took, problem }) => [endpoint, took, problem]),
    }),
  };
}
