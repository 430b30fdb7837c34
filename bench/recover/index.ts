/** `recover` beside the same steps by hand, on one control plane in a sandbox. */
import type { Peer } from '../../test/peers/index.ts';
import { median } from '../measure.ts';
import type { Row } from '../report.ts';
import { type BenchPlane, changeObjects, openBenchPlane, shownGeneration, tidy } from './bench-plane.ts';
import { recoverByHand, recoverByTutorial } from './by-hand.ts';
import { type HoldfastRun, recoverByHoldfast } from './by-holdfast.ts';
import { downSeconds, type TimedRun } from './stopwatch.ts';

export interface RecoverCaseOptions {
  readonly peer: Peer;
  readonly etcdutl: string;
  readonly holdfast: readonly string[];
  /** Keys outside of `/registry`: how an API server takes them in is not what is measured. */
  readonly dataset: string;
  readonly directory: string;
  readonly rounds: number;
}

/** One warm-up each, then rounds in turn; the tutorials' version once at the end, for it leaves a mess. */
export async function compareRecoveries(options: RecoverCaseOptions): Promise<Omit<Row, 'name'>> {
  const { peer, etcdutl, holdfast, rounds } = options;
  await using bench = await openBenchPlane(options.directory, peer, etcdutl, options.dataset);
  const programs = { etcdutl, etcdctl: peer.etcdctl };
  const ours: HoldfastRun[] = [];
  const theirs: TimedRun[] = [];
  for (let round = 0; round <= rounds; round++) {
    const our = await recovered(bench, () => recoverByHoldfast(bench, holdfast));
    const their = await recovered(bench, () => recoverByHand(bench, programs));
    if (round === 0) continue;
    ours.push(our);
    theirs.push(their);
  }
  await tidy(bench.plane);
  await changeObjects(bench.plane);
  const tutorial = await recoverByTutorial(bench, programs);
  const detail = [
    ...lapTable('recover', ours),
    '',
    `then ${ours[0]!.after[0]}: ${median(ours.map(({ after }) => after[1])).toFixed(1)} s`,
    '',
    ...lapTable('by hand', theirs),
    '',
    ...lapTable('tutorial', [tutorial.run]),
    '',
    `After the tutorial's version the API server lists generation ${tutorial.shown}; the snapshot holds 1.`,
  ];
  return { comparison: { ours, peer: theirs }, target: 1, detail: detail.join('\n') };
}

/** A run that did not bring the snapshot's state back would measure nothing. */
async function recovered<T>(bench: BenchPlane, run: () => Promise<T>): Promise<T> {
  const { plane } = bench;
  await tidy(plane);
  await changeObjects(plane);
  const result = await run();
  await plane.apiReady();
  const shown = await shownGeneration(plane);
  if (shown !== '1') throw new Error(`the API server lists generation ${shown} after the recovery`);
  return result;
}

/** Medians of each step. */
function lapTable(title: string, runs: readonly TimedRun[]): string[] {
  const steps = runs[0]!.laps.map(([step], index) => {
    const seconds = median(runs.map(({ laps }) => laps[index]![1]));
    return `| ${step} | ${seconds.toFixed(2)} |`;
  });
  const total = median(runs.map(({ wallSeconds }) => wallSeconds));
  return [
    `| ${title} | s |`,
    '| --- | --- |',
    ...steps,
    `| API server ready | ${total.toFixed(2)} |`,
    `| of which without a control plane | ${median(runs.map(downSeconds)).toFixed(2)} |`,
  ];
}
