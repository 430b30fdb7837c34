/** A generated matrix of etcdctl's reading calls: every option by itself on every kind of range, and mixtures. */
import { runEtcdctl } from '../support/etcdctl.ts';
import type { Peer } from '../peers/index.ts';
import type { Random } from '../support/random.ts';
import { appKey, type KnownData, type KnownEvent } from './known-data.ts';

export interface ReadCall {
  readonly args: readonly string[];
  /** Where the two servers are to be told different things; `args` are then for the reader. */
  readonly argsOf?: (side: 'real' | 'ours') => readonly string[];
  /** For its standard input. */
  readonly input?: string;
  /** Of a watch, which does not end by itself: whether everything that it has to print is there. */
  readonly isComplete?: (stdout: string) => boolean;
}

const formats = ['simple', 'json', 'fields', 'protobuf', 'table'];
/** Those of what is a table by nature. */
const tableFormats = ['simple', 'json', 'fields', 'table', 'protobuf'];

const ranges = [
  [appKey(4)],
  [appKey(2)],
  ['none'],
  ['app/', '--prefix'],
  [appKey(10), appKey(20)],
  [appKey(30), '--from-key'],
  ['', '--prefix'],
  ['ключ/', '--prefix'],
];

/** Each option of `get` in each of its values; a group's options exclude each other. */
function getOptions({ compactRevision, revision }: KnownData): string[][] {
  const middle = (compactRevision + revision) / 2n;
  return [
    [0n, -1n, 1n, compactRevision - 1n, compactRevision, middle, revision, revision + 1n].map(
      (at) => `--rev=${at}`,
    ),
    ['--limit=1', '--limit=7', '--limit=1000', '--limit=-1'],
    ['--order=ASCEND', '--order=DESCEND', '--order=SIDEWAYS'],
    ['CREATE', 'KEY', 'MODIFY', 'VALUE', 'VERSION', 'COLOUR'].map((field) => `--sort-by=${field}`),
    ['--keys-only', '--count-only', '--print-value-only'],
    ['--consistency=l', '--consistency=s', '--consistency=x'],
    ['--hex'],
    [`--min-mod-rev=${middle}`, '--min-mod-rev=3'],
    [`--max-mod-rev=${middle}`, `--max-mod-rev=${compactRevision}`],
    ['--min-create-rev=20', `--min-create-rev=${revision}`],
    ['--max-create-rev=20', `--max-create-rev=${middle}`],
  ];
}

/** Calls that a client of this line knows the command and the options of. */
export async function readCalls(peer: Peer, data: KnownData, random: Random): Promise<ReadCall[]> {
  const calls = [...getCalls(data, random), ...clusterCalls(data), ...leaseAndAuthCalls(data)].map(
    (args): ReadCall => ({ args }),
  );
  const [get, member, auth] = await Promise.all([
    helpOf(peer, 'get'),
    helpOf(peer, 'member', 'list'),
    helpOf(peer, 'auth'),
  ]);
  return [...calls, ...watchCalls(data)].filter(({ args }) => {
    if (args[0] === 'auth') return auth.includes(args[1]!);
    // With the whole URLs of the member list: see the endpoints of `startSideBySide`.
    if (peer.line === '3.4' && args.includes('--cluster')) return false;
    const help = args[0] === 'get' ? get : args[0] === 'member' ? member : undefined;
    const options = args.filter((word) => word.startsWith('--')).map((word) => word.split('=')[0]!);
    return help === undefined || options.every((option) => help.includes(option));
  });
}

async function helpOf(peer: Peer, ...words: readonly string[]): Promise<string> {
  const nobody = { peer, clientUrl: 'http://127.0.0.1:1', tls: undefined };
  return (await runEtcdctl(nobody, [...words, '--help'])).stdout;
}

function getCalls(data: KnownData, random: Random): string[][] {
  const groups = getOptions(data);
  const calls: string[][] = [];
  for (const range of ranges) {
    for (const format of formats) calls.push(['get', ...range, '-w', format]);
    // Every option on every range; the formats take turns.
    for (const option of groups.flat())
      calls.push(['get', ...range, option, '-w', formats[calls.length % 4]!]);
  }
  for (let i = 0; i < 80; i++) {
    const options = groups.flatMap((group) => (random.chance(0.3) ? [random.pick(group)] : []));
    calls.push(['get', ...random.pick(ranges), ...options, '-w', random.pick(formats)]);
  }
  return calls;
}

function clusterCalls({ compactRevision, revision }: KnownData): string[][] {
  const each = (words: readonly string[], of: readonly string[] = tableFormats) =>
    of.map((format) => [...words, '-w', format]);
  return [
    ...each(['endpoint', 'health']),
    ...each(['endpoint', 'status']),
    ...each(['endpoint', 'status', '--cluster']),
    ...each(['endpoint', 'hashkv']),
    ...[0n, 1n, compactRevision - 1n, compactRevision, compactRevision + 1n, revision, revision + 1n].map(
      (at) => ['endpoint', 'hashkv', `--rev=${at}`, '-w', 'json'],
    ),
    ...each(['member', 'list']),
    ['member', 'list', '--hex', '-w', 'json'],
    ['member', 'list', '--consistency=s'],
    ['member', 'list', '--consistency=l'],
    ...each(['alarm', 'list']),
  ];
}

function leaseAndAuthCalls({ leases }: KnownData): string[][] {
  const each = (words: readonly string[]) => tableFormats.map((format) => [...words, '-w', format]);
  return [
    ...each(['lease', 'list']),
    ...[...leases, '99', 'xyz'].flatMap((id) =>
      ['simple', 'json', 'fields'].flatMap((format) => [
        ['lease', 'timetolive', id, '-w', format],
        ['lease', 'timetolive', id, '--keys', '-w', format],
      ]),
    ),
    ...each(['auth', 'status']),
    ...each(['user', 'list']),
    ...each(['role', 'list']),
    ...['alice', 'bob', 'nobody'].flatMap((name) => [
      ...each(['user', 'get', name]),
      ['user', 'get', name, '--detail'],
    ]),
    ...['reader', 'root', 'nothing'].flatMap((name) => each(['role', 'get', name])),
  ];
}

interface WatchRange {
  readonly words: readonly string[];
  readonly has: (key: string) => boolean;
}

const watchRanges: readonly WatchRange[] = [
  { words: [appKey(4)], has: (key) => key === appKey(4) },
  { words: [appKey(3)], has: (key) => key === appKey(3) },
  { words: ['app/', '--prefix'], has: (key) => key.startsWith('app/') },
  { words: [appKey(10), appKey(20)], has: (key) => key >= appKey(10) && key < appKey(20) },
  { words: ['', '--prefix'], has: () => true },
];

function watchCalls({ compactRevision, revision, events }: KnownData): ReadCall[] {
  const calls: ReadCall[] = [
    { args: ['watch', 'app/', '--prefix', `--rev=${compactRevision - 1n}`] },
    { args: ['watch', 'app/', '--prefix', '--rev=1', '-w', 'json'] },
    { args: ['watch', 'b', 'a', '--rev=1'] },
  ];
  for (const { words, has } of watchRanges)
    for (const from of [compactRevision, (compactRevision + revision) / 2n]) {
      const last = events.findLast((event) => has(event.key) && event.revision >= from);
      if (last === undefined) continue;
      for (const format of ['simple', 'json', 'fields'])
        for (const more of [[], ['--prev-kv']])
          calls.push({
            args: ['watch', ...words, `--rev=${from}`, ...more, '-w', format],
            isComplete: endOfWatch(last, format),
          });
    }
  return calls;
}

/** Whether what a watch has printed ends with its last event. */
function endOfWatch({ key, value, revision }: KnownEvent, format: string): (stdout: string) => boolean {
  if (format === 'simple') return (stdout) => stdout.endsWith(`${key}\n${value}\n`);
  if (format === 'json')
    return (stdout) => stdout.endsWith('\n') && new RegExp(`"mod_revision":${revision}[,}]`).test(stdout);
  const lastEvent = new RegExp(`"ModRevision" : ${revision}\\n[^]*"Lease" : \\d+\\n$`);
  return (stdout) => lastEvent.test(stdout);
}
