/** Both servers under the load of etcd's own benchmark, in turn. */
import { join } from 'node:path';
import { displayText, utf8 } from '../../src/base/index.ts';
import type { EtcdClient } from '../../src/etcd/index.ts';
import { etcdBenchmark } from '../../test/peers/index.ts';
import { CommandFailed, runCommand, type RunResult } from '../../test/support/run-command.ts';
import { median, processUse, type Run } from '../measure.ts';
import { etcdRestore } from '../objects/index.ts';
import type { Row } from '../report.ts';
import { type LoadSummary, parseBenchmarkReport } from './benchmark-report.ts';
import { type KeyRange, type Load, loadsOn } from './loads.ts';
import type { ServeCaseOptions } from './serve-case.ts';
import { type BenchServer, serveWithEtcd, serveWithHoldfast, untilAnswered } from './servers.ts';

/** What a load may take. One that takes longer is ended, and the table says so: a case has an end at every size. */
const mostSeconds = 60;

interface LoadRun extends Run {
  /** Undefined when it was ended. */
  readonly summaries: readonly LoadSummary[] | undefined;
}

interface LoadRuns {
  readonly load: Load;
  readonly ours: readonly LoadRun[];
  readonly theirs: readonly LoadRun[];
}

/** The row adds up all loads; each of them stands in the detail. */
export async function compareLoads(options: ServeCaseOptions): Promise<Omit<Row, 'name'>> {
  const { peer, etcdutl, holdfast, source, directory } = options;
  const program = await etcdBenchmark();
  const dataDir = join(directory, 'data');
  await etcdRestore(etcdutl, source, dataDir);
  await using our = await serveWithHoldfast(holdfast, source, join(directory, 'holdfast.log'), [
    '--writable',
  ]);
  await using their = await serveWithEtcd(peer, dataDir);
  await using client = await untilAnswered(our);
  await using _theirs = await untilAnswered(their);
  const all: LoadRuns[] = [];
  for (const load of loadsOn(await thousandKeys(client)))
    all.push(await compareLoad(program, load, our, their, options));
  const atEnd = { ours: processUse(our.pid), theirs: processUse(their.pid) };
  const detail = [
    ...loadTable(all),
    '',
    `Memory in the end that is no view of a file: ${atEnd.ours.ownMegabytes.toFixed(0)} MB, etcd ` +
      `${atEnd.theirs.ownMegabytes.toFixed(0)} MB.`,
  ];
  const comparison = { ours: totals(all, 'ours'), peer: totals(all, 'theirs') };
  return { comparison, detail: detail.join('\n') };
}

async function compareLoad(
  program: string,
  load: Load,
  our: BenchServer,
  their: BenchServer,
  { rounds, log }: ServeCaseOptions,
): Promise<LoadRuns> {
  log(`${load.name} …`);
  const ours: LoadRun[] = [];
  const theirs: LoadRun[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(await runLoad(program, load, our));
    theirs.push(await runLoad(program, load, their));
  }
  return { load, ours, theirs };
}

/** A load begins with what the ones before it have warmed up and written. */
async function runLoad(program: string, load: Load, server: BenchServer): Promise<LoadRun> {
  const before = processUse(server.pid);
  const started = performance.now();
  const args = ['--endpoints', server.endpoint, '--precise', ...load.args];
  const result = await runForSoLong(program, args);
  const wallSeconds = (performance.now() - started) / 1000;
  if (result !== undefined && result.exitCode !== 0)
    throw new Error(`${load.name}: exit ${result.exitCode}\n${result.stdout}${result.stderr}`);
  const after = processUse(server.pid);
  return {
    wallSeconds,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    peakMegabytes: after.peakMegabytes,
    summaries: result && parseBenchmarkReport(result.stdout, load.parts.length),
  };
}

async function runForSoLong(program: string, args: readonly string[]): Promise<RunResult | undefined> {
  try {
    return await runCommand(program, args, { timeoutMs: mostSeconds * 1000 });
  } catch (error) {
    if (error instanceof CommandFailed) return undefined;
    throw error;
  }
}

async function thousandKeys(client: EtcdClient): Promise<KeyRange> {
  const all = { key: utf8('\0'), rangeEnd: utf8('\0'), keysOnly: true };
  const { kvs } = await client.kv.range({ ...all, limit: 1001n });
  if (kvs.length < 1001) throw new Error('the backup has no thousand keys');
  return { from: displayText(kvs[0]!.key), to: displayText(kvs[1000]!.key) };
}

function loadTable(all: readonly LoadRuns[]): string[] {
  const header = ['load', 'a second, ours/etcd', 'p50 ms', 'p99 ms', 'server CPU s', 'peak MB'];
  const lines = all.flatMap(({ load, ours, theirs }) =>
    load.parts.map(({ name, latencyOnly = false }, part) => {
      const pair = (of: (run: LoadRun) => number, digits: number) =>
        [ours, theirs].map((runs) => median(runs.map(of)).toFixed(digits)).join(' / ');
      const told = (of: (summary: LoadSummary) => number, digits: number) =>
        [ours, theirs].map((runs) => medianTold(runs, part, of, digits)).join(' / ');
      const isFirst = part === 0;
      return [
        name === '' ? load.name : `${load.name}: ${name}`,
        latencyOnly ? '' : told(({ perSecond }) => perSecond, 0),
        told(({ p50Ms }) => p50Ms, 2),
        told(({ p99Ms }) => p99Ms, 2),
        isFirst ? pair((run) => run.cpuSeconds, 2) : '',
        isFirst ? pair((run) => run.peakMegabytes, 0) : '',
      ];
    }),
  );
  return [header, header.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`);
}

function medianTold(
  runs: readonly LoadRun[],
  part: number,
  of: (summary: LoadSummary) => number,
  digits: number,
): string {
  const told = runs.flatMap(({ summaries }) => (summaries === undefined ? [] : [of(summaries[part]!)]));
  return told.length === 0 ? `not done in ${mostSeconds} s` : median(told).toFixed(digits);
}

/** Round by round. */
function totals(all: readonly LoadRuns[], side: 'ours' | 'theirs'): Run[] {
  return all[0]![side].map((_, round) => {
    const runs = all.map((load) => load[side][round]!);
    const sum = (of: (run: Run) => number) => runs.reduce((total, run) => total + of(run), 0);
    return {
      wallSeconds: sum((run) => run.wallSeconds),
      cpuSeconds: sum((run) => run.cpuSeconds),
      peakMegabytes: Math.max(...runs.map((run) => run.peakMegabytes)),
    };
  });
}
