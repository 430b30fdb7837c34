import { readFile, rm, stat } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Peer } from '../../test/peers/index.ts';
import { runCommand } from '../../test/support/run-command.ts';
import { type Command, measure, median, type Run } from '../measure.ts';
import type { Row } from '../report.ts';
import { type EtcdAnswer, etcdAnswer, etcdRestore } from './etcd-answer.ts';

export interface ListCaseOptions {
  readonly peer: Peer;
  readonly etcdutl: string;
  readonly holdfast: readonly string[];
  /** Undefined where it cannot be had. */
  readonly auger: string | undefined;
  readonly snapshot: string;
  readonly directory: string;
  readonly rounds: number;
}

/** A list as each program makes it. */
interface List {
  readonly words: readonly string[];
  readonly get: readonly string[];
  readonly auger: readonly string[];
}

const lists = {
  pods: {
    words: ['pods', '-A'],
    get: ['--prefix', '/registry/pods/'],
    auger: [
      '--keys-by-prefix=/registry/pods/',
      '--template={{.Value.metadata.namespace}} {{.Value.metadata.name}} {{.Value.status.phase}}',
    ],
  },
  names: {
    words: ['-A', '-o', 'name'],
    get: ['--prefix', '/registry/', '--keys-only'],
    auger: ['--keys-by-prefix=/registry/'],
  },
} as const satisfies Record<string, List>;

export type ListName = keyof typeof lists;

/**
 * The first look at a snapshot, with no index beside it. The peer's time begins with a data dir that is restored
 * already; what the restore takes, which users have to wait for as well, stands in the detail.
 */
export async function compareLists(name: ListName, options: ListCaseOptions): Promise<Omit<Row, 'name'>> {
  const { peer, etcdutl, snapshot, directory, rounds } = options;
  const list: List = lists[name];
  const dataDir = join(directory, 'data');
  const restore = await etcdRestore(etcdutl, snapshot, dataDir);
  const ours: Run[] = [];
  const theirs: EtcdAnswer[] = [];
  const command = holdfastList(options, list.words);
  await rm(indexOf(snapshot), { force: true });
  for (let round = 0; round <= rounds; round++) {
    const our = await measure(command);
    const their = await etcdAnswer({ peer, dataDir, get: list.get });
    if (round === 0) continue;
    ours.push(our);
    theirs.push(their);
  }
  await rm(dataDir, { recursive: true });
  const boot = median(theirs.map(({ bootSeconds }) => bootSeconds));
  const detail = [
    `${list.words.join(' ')}: ${await linesOf(command)} lines. etcd serves after ${boot.toFixed(2)} s; the rest of its`,
    `time is the answer. The restore before took ${line(restore)}.`,
    ...(await augerDetail(options, list.auger)),
  ];
  return { comparison: { ours, peer: theirs }, target: 1, detail: detail.join('\n') };
}

/** Looks with the index that the first one kept, beside the start of Node and of the program alone. */
export async function compareSecondLooks(options: ListCaseOptions): Promise<Omit<Row, 'name'>> {
  const { holdfast, snapshot, rounds } = options;
  const pods = ['pods', '-n', 'team-7'];
  if (!existsSync(indexOf(snapshot))) await measure(holdfastList(options, [...pods, '--index']));
  const first = await runCommand(
    holdfast[0]!,
    [...holdfast.slice(1), 'objects', 'list', snapshot, ...pods, '-o', 'name'],
    {
      timeoutMs: 60_000,
    },
  );
  const pod = first.stdout.trim().split('\n').at(-1)!;
  const get = { label: 'get', argv: [...holdfast, 'objects', 'get', snapshot, pod, '-n', 'team-7'] };
  const looks = { list: [] as Run[], get: [] as Run[], all: [] as Run[], alone: [] as Run[] };
  for (let round = 0; round <= rounds; round++) {
    const list = await measure(holdfastList(options, pods));
    const got = await measure(get);
    const all = await measure(holdfastList(options, ['pods', '-A']));
    const alone = await measure({ label: 'version', argv: [...holdfast, 'version'] });
    if (round === 0) continue;
    looks.list.push(list);
    looks.get.push(got);
    looks.all.push(all);
    looks.alone.push(alone);
  }
  const wall = median(looks.list.map(({ wallSeconds }) => wallSeconds));
  const detail = [
    `The row is ${pods.join(' ')} beside \`version\`. Aim: 0.3 s, ${wall <= 0.3 ? 'met' : 'missed'}.`,
    `One object (get): ${line(middle(looks.get))}. All pods: ${line(middle(looks.all))}.`,
  ];
  return {
    comparison: { ours: looks.list, peer: looks.alone },
    target: 0.3 / median(looks.alone.map(({ wallSeconds }) => wallSeconds)),
    detail: detail.join('\n'),
  };
}

function holdfastList({ holdfast, snapshot }: ListCaseOptions, words: readonly string[]): Command {
  return { label: 'holdfast', argv: [...holdfast, 'objects', 'list', snapshot, ...words] };
}

function indexOf(snapshot: string): string {
  return `${snapshot}.holdfast-index`;
}

async function linesOf({ argv }: Command): Promise<number> {
  const { stdoutBytes } = await runCommand(argv[0]!, argv.slice(1), { timeoutMs: 600_000 });
  let lines = 0;
  for (const byte of stdoutBytes) if (byte === 0x0a) lines++;
  return lines;
}

/** In memory, of the file's size. */
const augerMemory = 5;

/** Once: it takes minutes. */
async function augerDetail(
  { auger, snapshot }: ListCaseOptions,
  words: readonly string[],
): Promise<string[]> {
  if (auger === undefined) return [];
  const kilobytes = /MemAvailable:\s+(\d+) kB/.exec(await readFile('/proc/meminfo', 'utf8'))?.[1];
  const { size } = await stat(snapshot);
  if (augerMemory * size > Number(kilobytes) * 1024)
    return [
      `auger was left out: it would take about ${Math.round((augerMemory * size) / 2 ** 30)} GiB of memory.`,
    ];
  const run = await measure({ label: 'auger', argv: [auger, 'extract', '-f', snapshot, ...words] });
  return [`auger, once: ${line(run)}.`];
}

function middle(runs: readonly Run[]): Run {
  const of = (key: keyof Run) => median(runs.map((run) => run[key]));
  return { wallSeconds: of('wallSeconds'), cpuSeconds: of('cpuSeconds'), peakMegabytes: of('peakMegabytes') };
}

function line({ wallSeconds, cpuSeconds, peakMegabytes }: Run): string {
  return `${wallSeconds.toFixed(2)} s, processor ${cpuSeconds.toFixed(2)} s, ${peakMegabytes.toFixed(0)} MB`;
}
