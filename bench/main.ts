/**
 * `npm run bench [-- --sizes 64,512] [--rounds 5] [--cases status,restore] [--peer 3.5]`
 * `npm run bench -- --sizes 1024 --rounds 3 --cases recover`
 * `npm run bench -- --sizes 1024,5120 --rounds 5 --cases objects`
 * `npm run bench -- --sizes 1024 --rounds 3 --cases serve`
 * `npm run bench -- --sizes 512 --rounds 3 --cases repository,fetch-floor [--hours 24]`
 *
 * Ours beside etcdctl and etcdutl on the same file in the same run, in turn. Prints a Markdown table of medians and
 * ratios with their spread. It never fails a build: what it shows goes to docs/performance.md with the command.
 */
import { cpus, totalmem } from 'node:os';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bringInPeers, type Peer, peer, type PeerLine } from '../test/peers/index.ts';
import { type CaseContext, caseGroups, cases, usualCases } from './cases.ts';
import { dataset } from './dataset.ts';
import { requireTimeProgram } from './measure.ts';
import { formatReport, type Row } from './report.ts';

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '64,512,1280' },
    rounds: { type: 'string', default: '5' },
    cases: { type: 'string', default: usualCases.join(',') },
    peer: { type: 'string', default: '3.5' },
    hours: { type: 'string', default: '24' },
  },
});

const log = (line: string) => console.error(line);

async function rowsOf(program: Peer, mebibytes: number): Promise<Row[]> {
  const cache = join(import.meta.dirname, '..', '.cache', 'bench');
  await mkdir(cache, { recursive: true });
  const directory = await mkdtemp(join(cache, 'run-'));
  const context: CaseContext = {
    peer: program,
    dataset: (keyPrefix) =>
      dataset({ peer: program, mebibytes, log, ...(keyPrefix === undefined ? {} : { keyPrefix }) }),
    mebibytes,
    cacheDirectory: cache,
    log,
    directory,
    rounds: Number(values.rounds),
    hours: Number(values.hours),
  };
  const rows: Row[] = [];
  try {
    for (const name of values.cases.split(',').flatMap((word) => caseGroups[word] ?? [word])) {
      const run = cases[name];
      if (run === undefined) throw new Error(`no case ${name}; there are ${Object.keys(cases).join(', ')}`);
      log(`${name} at ${mebibytes} MiB …`);
      const row = await run(context);
      if (row !== undefined) rows.push({ ...row, name: `${name}, ${mebibytes} MiB` });
    }
  } finally {
    await rm(directory, { recursive: true });
  }
  return rows;
}

requireTimeProgram();
await bringInPeers(log);
const program = await peer(values.peer as PeerLine);
const rows: Row[] = [];
for (const size of values.sizes.split(',').map(Number)) rows.push(...(await rowsOf(program, size)));
const memory = Math.round(totalmem() / 2 ** 30);
console.log(
  `${cpus().length} × ${cpus()[0]?.model.trim()}, ${memory} GiB; Node ${process.version}; etcd ${program.version}\n`,
);
console.log(formatReport(rows));
for (const { name, detail } of rows) if (detail !== undefined) console.log(`\n${name}\n\n${detail}`);
