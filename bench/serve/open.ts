/** How long until a backup answers: served as it is, beside etcd that boots on a data dir restored already. */
import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import { median, processUse, type ProcessUse, type Run } from '../measure.ts';
import type { Row } from '../report.ts';
import { etcdRestore } from '../objects/index.ts';
import { type BenchServer, serveWithEtcd, serveWithHoldfast, untilAnswered } from './servers.ts';
import type { ServeCaseOptions } from './serve-case.ts';

type Opening = Run & ProcessUse;

export async function compareOpenings(options: ServeCaseOptions): Promise<Omit<Row, 'name'>> {
  const { peer, etcdutl, holdfast, source, directory, rounds } = options;
  const dataDir = join(directory, 'data');
  const restore = await etcdRestore(etcdutl, source, dataDir);
  const ours: Opening[] = [];
  const theirs: Opening[] = [];
  for (let round = 0; round <= rounds; round++) {
    const our = await opening(() => serveWithHoldfast(holdfast, source, join(directory, 'holdfast.log')));
    const their = await opening(() => serveWithEtcd(peer, dataDir));
    if (round === 0) continue;
    ours.push(our);
    theirs.push(their);
  }
  await rm(dataDir, { recursive: true });
  const own = (runs: readonly Opening[]) => median(runs.map(({ ownMegabytes }) => ownMegabytes)).toFixed(0);
  const detail = [
    `From the start of the process to the answer to a linearizable read. Of the memory, not views of the file: `,
    `${own(ours)} MB, etcd ${own(theirs)} MB. The restore that has to come before etcd took `,
    `${restore.wallSeconds.toFixed(2)} s, processor ${restore.cpuSeconds.toFixed(2)} s, `,
    `${restore.peakMegabytes.toFixed(0)} MB.`,
  ];
  return { comparison: { ours, peer: theirs }, target: 1, detail: detail.join('') };
}

async function opening(start: () => Promise<BenchServer>): Promise<Opening> {
  const started = performance.now();
  await using server = await start();
  await using _client = await untilAnswered(server);
  const wallSeconds = (performance.now() - started) / 1000;
  return { wallSeconds, ...processUse(server.pid) };
}
