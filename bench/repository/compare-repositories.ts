/**
 * A series of hourly snapshots into two repositories, ours and restic's, in turn; then the last one out of both. The
 * file has the same name each time. What was uploaded is by how much the repository grew: both only add.
 */
import { createReadStream } from 'node:fs';
import { copyFile, link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { restic } from '../../test/peers/index.ts';
import { mustRun } from '../../test/support/run-command.ts';
import { type Comparison, measure, median, type Run } from '../measure.ts';
import type { Row } from '../report.ts';
import { bytesIn, holdfastSide, type RepositorySide, resticSide } from './repositories.ts';
import { type SeriesHour, type SeriesOptions, snapshotSeries } from './snapshot-series.ts';

export interface RepositoryCaseOptions extends SeriesOptions {
  readonly etcdutl: string;
  readonly holdfast: readonly string[];
  /** For the repositories; emptied by the caller. */
  readonly directory: string;
  /** Of the restore. */
  readonly rounds: number;
}

interface StoredHour {
  readonly run: Run;
  readonly uploadedBytes: number;
  readonly repositoryBytes: number;
}

/** What the project promises for the size of the repository, beside restic's. */
const sizeTarget = 0.5;

export async function compareRepositories(options: RepositoryCaseOptions): Promise<Omit<Row, 'name'>> {
  const { directory, etcdutl, log } = options;
  const series = await snapshotSeries(options);
  const { path: resticPath, version } = await restic();
  const file = join(directory, 'snapshot.db');
  const ours = await holdfastSide(options.holdfast, directory);
  const peer = await resticSide(resticPath, directory, file);
  const stored = { ours: [] as StoredHour[], peer: [] as StoredHour[] };
  for (const [number, hour] of series.entries()) {
    await placeFile(hour.path, file);
    const sides = [
      ['ours', ours],
      ['peer', peer],
    ] as const;
    for (const [key, side] of number % 2 === 0 ? sides : sides.toReversed())
      stored[key].push(await backUp(side, file));
    log(`hour ${number}: ${hourLine(stored.ours.at(-1)!)}; restic ${hourLine(stored.peer.at(-1)!)}`);
  }
  const restores = await compareRestores(ours, peer, options);
  await checkRestored(ours, { etcdutl, file, directory });
  const backups = { ours: runsOf(stored.ours), peer: runsOf(stored.peer) };
  const detail = [
    `restic ${version}, compression ${process.env['RESTIC_COMPRESSION'] ?? 'auto (its default)'}`,
    '',
    sizeTable(stored, { backups, restores }),
    '',
    hourTable(series, stored),
  ];
  return { comparison: backups, target: 1, detail: detail.join('\n') };
}

/** At the same path each hour, and in the page cache for whoever comes first. */
async function placeFile(source: string, file: string): Promise<void> {
  await rm(file, { force: true });
  await link(source, file).catch(() => copyFile(source, file));
  await pipeline(
    createReadStream(file, { highWaterMark: 4 << 20 }),
    new Writable({ write: (_chunk, _encoding, done) => done() }),
  );
}

/** Whoever flushes what it has written must not wait for what the other one has not. */
async function settleDisk(): Promise<void> {
  await mustRun('sync', [], { timeoutMs: 300_000 });
}

async function backUp(side: RepositorySide, file: string): Promise<StoredHour> {
  const before = await bytesIn(side.location);
  await settleDisk();
  const run = await measure(side.backUp(file));
  const repositoryBytes = await bytesIn(side.location);
  return { run, repositoryBytes, uploadedBytes: repositoryBytes - before };
}

async function compareRestores(
  ours: RepositorySide,
  peer: RepositorySide,
  { directory, rounds }: RepositoryCaseOptions,
): Promise<Comparison> {
  const result = { ours: [] as Run[], peer: [] as Run[] };
  for (let round = 0; round < rounds; round++) {
    for (const [key, side] of [
      ['ours', ours],
      ['peer', peer],
    ] as const) {
      const target = join(directory, `restored-by-${side.label}`);
      await rm(target, { recursive: true, force: true });
      await mkdir(target);
      await settleDisk();
      result[key].push(await measure(side.restore(target)));
    }
  }
  return result;
}

/** What comes out has the hash of what went in; of restic we believe it. */
async function checkRestored(
  side: RepositorySide,
  {
    etcdutl,
    file,
    directory,
  }: { readonly etcdutl: string; readonly file: string; readonly directory: string },
): Promise<void> {
  const hashOf = async (path: string) => {
    const { stdout } = await mustRun(etcdutl, ['snapshot', 'status', path, '-w', 'json'], {
      timeoutMs: 300_000,
    });
    return (JSON.parse(stdout) as { readonly hash: number }).hash;
  };
  const restored = side.restoredFile(join(directory, `restored-by-${side.label}`));
  const [expected, actual] = [await hashOf(file), await hashOf(restored)];
  if (expected !== actual) throw new Error(`${restored} has the hash ${actual}, not ${expected}`);
}

function runsOf(hours: readonly StoredHour[]): Run[] {
  return hours.map(({ run }) => run);
}

function sizeTable(
  stored: { readonly ours: readonly StoredHour[]; readonly peer: readonly StoredHour[] },
  { backups, restores }: { readonly backups: Comparison; readonly restores: Comparison },
): string {
  const rows: (readonly [string, number, number, number, number])[] = [];
  const add = (name: string, [ours, peer]: readonly [number, number], digits: number, target = Number.NaN) =>
    rows.push([name, ours, peer, digits, target]);
  const of = ({ ours, peer }: Comparison, key: keyof Run) =>
    [ours, peer].map((runs) => median(runs.map((run) => run[key]))) as [number, number];
  const peakOf = ({ ours, peer }: Comparison) =>
    [ours, peer].map((runs) => Math.max(...runs.map((run) => run.peakMegabytes))) as [number, number];
  const later = { ours: backups.ours.slice(1), peer: backups.peer.slice(1) };
  const both = (value: (hours: readonly StoredHour[]) => number) =>
    [value(stored.ours), value(stored.peer)] as const;
  add(
    'repository after the last, MB',
    both((hours) => hours.at(-1)!.repositoryBytes / 1e6),
    1,
    sizeTarget,
  );
  add(
    'after the first, MB',
    both((hours) => hours[0]!.repositoryBytes / 1e6),
    1,
  );
  add(
    'uploaded an hour, median, MB',
    both((hours) => median(hours.slice(1).map(({ uploadedBytes }) => uploadedBytes / 1e6))),
    2,
  );
  add('first backup, wall s', [backups.ours[0]!.wallSeconds, backups.peer[0]!.wallSeconds], 2, 1);
  add('first backup, processor s', [backups.ours[0]!.cpuSeconds, backups.peer[0]!.cpuSeconds], 2);
  add('later backup, median, wall s', of(later, 'wallSeconds'), 2, 1);
  add('later backup, median, processor s', of(later, 'cpuSeconds'), 2);
  add('most memory of a backup, MB', peakOf(backups), 0);
  add('restore of the last, median, wall s', of(restores, 'wallSeconds'), 2, 1);
  add('restore, processor s', of(restores, 'cpuSeconds'), 2);
  add('most memory of a restore, MB', peakOf(restores), 0);
  return table(
    ['', 'holdfast', 'restic', 'ratio', 'aim'],
    rows.map(([name, ours, peer, digits, target]) => {
      const ratio = ours / peer;
      const aim = Number.isNaN(target) ? '' : `≤ ${target.toFixed(2)}${ratio <= target ? ' met' : ' missed'}`;
      return [name, ours.toFixed(digits), peer.toFixed(digits), ratio.toFixed(3), aim];
    }),
  );
}

function hourTable(
  series: readonly SeriesHour[],
  stored: { readonly ours: readonly StoredHour[]; readonly peer: readonly StoredHour[] },
): string {
  const header = [
    'hour',
    'new rows',
    'gone',
    'MB',
    'compressed MB',
    'uploaded MB',
    'restic uploaded MB',
    's',
    'restic s',
  ];
  return table(
    header,
    series.map(({ member, defragmented, changed }, hour) => {
      const [ours, peer] = [stored.ours[hour]!, stored.peer[hour]!];
      const isFirst = hour === 0;
      return [
        `${hour} (${member}${defragmented ? ', defragmented' : ''})`,
        isFirst ? `${changed.allRows} in all` : String(changed.rows),
        isFirst ? '' : String(changed.removedRows),
        isFirst ? '' : (changed.bytes / 1e6).toFixed(2),
        isFirst ? '' : (changed.compressedBytes / 1e6).toFixed(2),
        (ours.uploadedBytes / 1e6).toFixed(2),
        (peer.uploadedBytes / 1e6).toFixed(2),
        ours.run.wallSeconds.toFixed(2),
        peer.run.wallSeconds.toFixed(2),
      ];
    }),
  );
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function hourLine({ run, uploadedBytes }: StoredHour): string {
  const { wallSeconds, cpuSeconds, peakMegabytes } = run;
  return `${(uploadedBytes / 1e6).toFixed(2)} MB, ${wallSeconds.toFixed(2)} s, processor ${cpuSeconds.toFixed(2)} s, ${peakMegabytes.toFixed(0)} MB`;
}
