/** What was found on a host: each fact with its value and how it is known. */
import type { Discovery, Evidence } from '../../../operations/discover/index.ts';
import type { GoJson } from '../go-json.ts';
import { shellWord } from '../shell-word.ts';
import type { View } from '../view.ts';
import { field, quotedField } from './etcd-fields.ts';

/** What a client is given, with paths as this process sees them. */
export interface ClientPaths {
  readonly endpoints: readonly string[];
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

export function discoveryView(discovery: Discovery, client: ClientPaths): View {
  const rows = factRows(discovery);
  return {
    simple(output) {
      const widths = [0, 1].map((column) =>
        Math.min(maxWidth, Math.max(...[titles, ...rows].map((row) => row[column]!.length))),
      );
      const line = (row: FactRow) =>
        output.line(
          row
            .map((cell, column) => cell.padEnd(widths[column] ?? 0))
            .join('  ')
            .trimEnd(),
        );
      line(titles);
      for (const row of rows) line(row);
      const told = discovery.findings.filter(({ severity }) => severity !== 'ok');
      if (told.length > 0) output.line('');
      for (const { severity, message } of told) output.line(`${severity}  ${message}`);
    },
    json: () => discoveryJson(discovery),
    fields(output) {
      for (const [fact, value] of rows) quotedField(output, fact, value);
      for (const { severity, message } of discovery.findings) quotedField(output, severity, message);
      if (discovery.live !== undefined) field(output, 'healthy', discovery.live.healthy);
    },
    table: () => ({ align: 'left', header: titles, rows }),
    env(output) {
      const variables = clientVariables(client);
      for (const [name, value] of variables) output.line(`${name}=${shellWord(value)}`);
      output.line(`export ${variables.map(([name]) => name).join(' ')}`);
    },
    command(output) {
      const flags = clientVariables(client)
        .slice(1)
        .map(([name, value]) => `--${name.slice('ETCDCTL_'.length).toLowerCase()}=${shellWord(value)}`);
      output.line(['etcdctl', ...flags].join(' '));
    },
  };
}

type FactRow = readonly [fact: string, value: string, evidence: string];

/** A value that is longer moves its own line only. */
const maxWidth = 52;

const titles: FactRow = ['fact', 'value', 'how we know'];

/** Facts in the order of the report, by their path. */
const facts: readonly (readonly [path: string, title: string])[] = [
  ['manifestsDir', 'manifests dir'],
  ['kubelet.configFile', 'kubelet config'],
  ['etcd.manifest', 'etcd manifest'],
  ['etcd.unit', 'etcd unit'],
  ['etcd.configFile', 'etcd config file'],
  ['etcd.pid', 'etcd process'],
  ['etcd.name', 'member name'],
  ['etcd.dataDir', 'data dir'],
  ['etcd.walDir', 'WAL dir'],
  ['etcd.endpoints', 'endpoints'],
  ['etcd.caFile', 'CA'],
  ['etcd.certFile', 'client certificate'],
  ['etcd.keyFile', 'client key'],
  ['etcd.serverCertFile', 'server certificate'],
  ['etcd.initialAdvertisePeerUrls', 'peer URLs'],
  ['etcd.initialCluster', 'initial cluster'],
  ['apiServer.manifest', 'API server manifest'],
  ['apiServer.unit', 'API server unit'],
  ['apiServer.etcdServers', "API server's etcd"],
  ['apiServer.encryptionProviderConfig', 'encryption config'],
  ['apiServer.securePort', 'API server port'],
];

function factRows(discovery: Discovery): FactRow[] {
  const rows: FactRow[] = [['layout', discovery.layout, '']];
  for (const [path, title] of facts) {
    const value = valueAt(discovery, path);
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    rows.push([title, textOf(value), evidenceText(discovery.evidence[path])]);
  }
  for (const { use, role, certFile, daysLeft, sans, isChosen } of discovery.certificates) {
    const names = sans.length === 0 ? '' : `, for ${sans.join(' ')}`;
    rows.push([
      isChosen ? 'certificate, used' : 'certificate',
      certFile,
      `${role === 'ca' ? 'authority' : role}: ${use}, ${daysText(daysLeft)}${names}`,
    ]);
  }
  return [...rows, ...liveRows(discovery)];
}

function daysText(daysLeft: number): string {
  if (daysLeft < 0) return 'expired';
  return `${daysLeft} ${daysLeft === 1 ? 'day' : 'days'} left`;
}

function liveRows({ live, etcd }: Discovery): FactRow[] {
  if (live === undefined) return [];
  const endpoint = etcd?.endpoints.join(',') ?? '';
  const rows: FactRow[] = [];
  if (live.version !== undefined) rows.push(['server version', live.version, `${endpoint} says so`]);
  if (live.revision !== undefined) rows.push(['revision', live.revision.toString(), `${endpoint} says so`]);
  for (const { id, name, clientUrls, isLearner, isSelf } of live.members)
    rows.push([
      isLearner ? 'learner' : 'member',
      `${name === '' ? '(not started)' : name} ${id}`,
      `${clientUrls.join(',')}${isSelf ? ', this one' : ''}`,
    ]);
  const alarms = live.alarms.length === 0 ? '' : `, alarms ${live.alarms.join(' ')}`;
  rows.push(['healthy', live.healthy ? 'yes' : 'no', live.error ?? `a read from the quorum${alarms}`]);
  return rows;
}

function valueAt(discovery: Discovery, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], discovery);
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}

function evidenceText(evidence: Evidence | undefined): string {
  if (evidence === undefined) return '';
  const { where, file, line, reliability } = evidence;
  const place = file === undefined ? '' : `, ${file}${line === undefined ? '' : `:${line}`}`;
  const doubt = { sure: '', likely: ' (likely)', guess: ' (a guess)' }[reliability];
  return `${where}${place}${doubt}`;
}

function clientVariables({ endpoints, caFile, certFile, keyFile }: ClientPaths): [string, string][] {
  const variables: [string, string | undefined][] = [
    ['ETCDCTL_API', '3'],
    ['ETCDCTL_ENDPOINTS', endpoints.join(',')],
    ['ETCDCTL_CACERT', caFile],
    ['ETCDCTL_CERT', certFile],
    ['ETCDCTL_KEY', keyFile],
  ];
  return variables.filter((variable): variable is [string, string] => variable[1] !== undefined);
}

/** Our own JSON: 64-bit numbers as decimal strings, times as ISO 8601. */
function discoveryJson(discovery: Discovery): GoJson {
  const { certificates, ...rest } = discovery;
  return {
    ...(plain(rest) as Record<string, GoJson>),
    certificates: certificates.map(({ notBeforeMs, notAfterMs, ...use }) => ({
      ...(plain(use) as Record<string, GoJson>),
      notBefore: new Date(notBeforeMs).toISOString(),
      notAfter: new Date(notAfterMs).toISOString(),
    })),
  };
}

function plain(value: unknown): GoJson {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value as GoJson;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}
