import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { restic } from '../../test/peers/index.ts';
import { mustRun } from '../../test/support/run-command.ts';
import { buildFloor } from '../floor/index.ts';
import { compare } from '../measure.ts';
import type { Row } from '../report.ts';
import { resticSide } from './repositories.ts';
import { type SeriesOptions, snapshotSeries } from './snapshot-series.ts';

export interface FetchFloorOptions extends SeriesOptions {
  readonly node: string;
  /** For repositories and files; emptied by the caller. */
  readonly directory: string;
  readonly rounds: number;
}

/** A bare program that unpacks, writes and hashes, beside a restore of restic's: the first snapshot of the series. */
export async function compareFetchFloor(options: FetchFloorOptions): Promise<Omit<Row, 'name'>> {
  const { directory, node, rounds } = options;
  const { path: file } = (await snapshotSeries(options))[0]!;
  const { path: resticPath } = await restic();
  const theirs = await resticSide(resticPath, directory, file);
  const backUp = theirs.backUp(file);
  await mustRun(backUp.argv[0]!, backUp.argv.slice(1), { env: backUp.env ?? {}, timeoutMs: 300_000 });
  const program = await buildFloor('bare-fetch', directory);
  const packed = join(directory, 'packed');
  await mustRun(node, [program, 'pack', file, packed], { timeoutMs: 300_000 });
  const fetched = join(directory, 'fetched.db');
  const restored = join(directory, 'restored');
  const settle = () => mustRun('sync', [], { timeoutMs: 300_000 });
  const ours = {
    label: 'bare node',
    argv: [node, program, 'fetch', packed, fetched],
    prepare: async () => {
      await rm(fetched, { force: true });
      await settle();
    },
  };
  const peer = {
    ...theirs.restore(restored),
    prepare: async () => {
      await rm(restored, { recursive: true, force: true });
      await mkdir(restored);
      await settle();
    },
  };
  return { comparison: await compare(ours, peer, rounds, () => {}), target: 1 };
}
