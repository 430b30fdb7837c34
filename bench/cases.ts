import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Peer } from '../test/peers/index.ts';
import { startEtcd } from '../test/support/etcd-server.ts';
import { createPki } from '../test/support/pki.ts';
import { mustRun } from '../test/support/run-command.ts';
import { buildFloor } from './floor/index.ts';
import { type Command, compare, tryDropCaches } from './measure.ts';
import {
  compareLists,
  compareSecondLooks,
  findAuger,
  type ListCaseOptions,
  objectsDataset,
} from './objects/index.ts';
import { compareRecoveries } from './recover/index.ts';
import type { Row } from './report.ts';
import { compareFetchFloor, compareRepositories } from './repository/index.ts';
import { compareLoads, compareOpenings, type ServeCaseOptions } from './serve/index.ts';

export interface CaseContext {
  readonly peer: Peer;
  /** The snapshot that is measured; made when it is not there yet. */
  readonly dataset: (keyPrefix?: string) => Promise<string>;
  /** Of it, and of a snapshot of a made-up cluster; in MiB. */
  readonly mebibytes: number;
  /** Where data sets and programs are kept. */
  readonly cacheDirectory: string;
  readonly log: (line: string) => void;
  /** For outputs; empty at the start of each case. */
  readonly directory: string;
  readonly rounds: number;
  /** Snapshots of a series. */
  readonly hours: number;
}

type Case = (context: CaseContext) => Promise<Omit<Row, 'name'> | undefined>;

const node = join(import.meta.dirname, '..', 'node_modules', '.bin', 'node');
/** What is measured; another build of it with HOLDFAST_BENCH_PROGRAM. */
const program =
  process.env['HOLDFAST_BENCH_PROGRAM'] ?? join(import.meta.dirname, '..', 'dist', 'holdfast.js');
const nothing = () => {};

function holdfast(...args: string[]): string[] {
  return [node, program, '--progress', 'none', ...args];
}

export const cases: Readonly<Record<string, Case>> = {
  status: async ({ peer, dataset, rounds }) => {
    const file = await dataset();
    const ours = { label: 'holdfast', argv: holdfast('snapshot', 'status', file) };
    const theirs = { label: 'etcdutl', argv: [etcdutl(peer), 'snapshot', 'status', file] };
    return { comparison: await compare(ours, theirs, rounds, nothing), target: 0.6 };
  },
  'status-cold': async ({ peer, dataset, rounds }) => {
    if (!tryDropCaches()) {
      console.error('status-cold is left out: only root may empty the page cache');
      return undefined;
    }
    const file = await dataset();
    const ours = { label: 'holdfast', argv: holdfast('snapshot', 'status', file) };
    const theirs = { label: 'etcdutl', argv: [etcdutl(peer), 'snapshot', 'status', file] };
    return { comparison: await compare(ours, theirs, rounds, () => tryDropCaches()), target: 0.3 };
  },
  restore: async ({ peer, dataset, directory, rounds }) => {
    const file = await dataset();
    const command = (label: string, argv: string[]): Command => {
      const dataDir = join(directory, label);
      return {
        label,
        argv: [...argv, 'snapshot', 'restore', file, '--data-dir', dataDir],
        prepare: () => rm(dataDir, { recursive: true, force: true }),
      };
    };
    const comparison = await compare(
      command('holdfast', holdfast()),
      command('etcdutl', [etcdutl(peer)]),
      rounds,
      nothing,
    );
    return { comparison, target: 0.7 };
  },
  save: async ({ peer, dataset, directory, rounds }) => {
    const file = await dataset();
    const copy = join(directory, 'source.db');
    const dataDir = join(directory, 'data');
    await copyFile(file, copy);
    await mustRun(etcdutl(peer), ['snapshot', 'restore', copy, '--data-dir', dataDir], {
      timeoutMs: 300_000,
    });
    const tls = await createPki(join(directory, 'pki'));
    await using server = await startEtcd({
      peer,
      dataDir,
      tls,
      extraArgs: ['--quota-backend-bytes=8589934592'],
    });
    await server.ready();
    const flags = [
      `--endpoints=${server.clientUrl}`,
      `--cacert=${tls.caFile}`,
      `--cert=${tls.client.certFile}`,
      `--key=${tls.client.keyFile}`,
    ];
    const command = (label: string, argv: string[]): Command => {
      const target = join(directory, `${label}.db`);
      return {
        label,
        argv: [...argv, ...flags, 'snapshot', 'save', target],
        env: { ETCDCTL_API: '3' },
        prepare: () => rm(target, { force: true }),
      };
    };
    const comparison = await compare(
      command('holdfast', holdfast()),
      command('etcdctl', [peer.etcdctl]),
      rounds,
      nothing,
    );
    return { comparison, target: 1.05 };
  },
  'status-floor': async ({ peer, dataset, directory, rounds }) => {
    const file = await dataset();
    const ours = { label: 'bare node', argv: [node, await buildFloor('bare-status', directory), file] };
    const theirs = { label: 'etcdutl', argv: [etcdutl(peer), 'snapshot', 'status', file] };
    return { comparison: await compare(ours, theirs, rounds, nothing), target: 0.6 };
  },
  'restore-floor': async ({ peer, dataset, directory, rounds }) => {
    const file = await dataset();
    const target = join(directory, 'bare.db');
    const dataDir = join(directory, 'etcdutl');
    const ours = {
      label: 'bare node',
      argv: [node, await buildFloor('bare-restore', directory), file, target],
      prepare: () => rm(target, { force: true }),
    };
    const theirs = {
      label: 'etcdutl',
      argv: [etcdutl(peer), 'snapshot', 'restore', file, '--data-dir', dataDir],
      prepare: () => rm(dataDir, { recursive: true, force: true }),
    };
    return { comparison: await compare(ours, theirs, rounds, nothing), target: 0.7 };
  },
  // Of the first snapshot of the series that `repository` is measured with.
  'fetch-floor': async (context) => await compareFetchFloor({ ...context, node }),
  // Wall time here is the time until the API server is ready.
  recover: async ({ peer, dataset, directory, rounds }) =>
    await compareRecoveries({
      peer,
      etcdutl: etcdutl(peer),
      holdfast: holdfast(),
      dataset: await dataset('/bench'),
      directory,
      rounds,
    }),
  'objects-list': async (context) => await compareLists('pods', await listOptions(context)),
  'objects-list-names': async (context) => await compareLists('names', await listOptions(context)),
  'objects-list-again': async (context) => await compareSecondLooks(await listOptions(context)),
  'serve-open': async (context) => await compareOpenings(await serveOptions(context)),
  'serve-load': async (context) => await compareLoads(await serveOptions(context)),
  // The row is a backup; its detail has the repository and the restore.
  repository: async (context) =>
    await compareRepositories({ ...context, etcdutl: etcdutl(context.peer), holdfast: holdfast() }),
};

/** Measured when no case is named: the others take minutes, and the floors are no figures of ours. */
export const usualCases = Object.keys(cases).filter(
  (name) => !/^recover$|^repository$|-floor$|^objects-|^serve-/.test(name),
);

/** Words for several cases. */
export const caseGroups: Readonly<Record<string, readonly string[]>> = {
  objects: Object.keys(cases).filter((name) => name.startsWith('objects-')),
  serve: Object.keys(cases).filter((name) => name.startsWith('serve-')),
};

async function listOptions(context: CaseContext): Promise<ListCaseOptions> {
  const { peer, directory, rounds, cacheDirectory, log } = context;
  return {
    peer,
    etcdutl: etcdutl(peer),
    holdfast: holdfast(),
    auger: await findAuger(cacheDirectory, log),
    snapshot: await objectsDataset(context),
    directory,
    rounds,
  };
}

async function serveOptions(context: CaseContext): Promise<ServeCaseOptions> {
  const { peer, dataset, directory, rounds, log } = context;
  const programs = { peer, etcdutl: etcdutl(peer), holdfast: holdfast() };
  return { ...programs, source: await dataset(), directory, rounds, log };
}

function etcdutl(peer: Peer): string {
  if (peer.etcdutl === undefined) throw new Error(`etcd ${peer.version} has no etcdutl`);
  return peer.etcdutl;
}
