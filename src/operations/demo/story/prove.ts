import { HoldfastError } from '../../../base/index.ts';
import { openLocalHost } from '../../../hosts/index.ts';
import { readLedger } from '../../ledger/index.ts';
import type { DemoSandbox } from '../sandbox/index.ts';
import type { DemoProof, DemoStage } from './demo-stage.ts';

export interface ProveOptions {
  readonly sandbox: DemoSandbox;
  readonly stage: DemoStage;
  /** File name in the sandbox's directory. */
  readonly backup: string;
  readonly namespace: string;
}

interface HashJson {
  readonly hash: number;
}

/** Nothing of a command's output: its answer is in the table. */
const silent = /^$(?!)/;

/** Asks the backup and the running cluster the same questions, by commands that a person could type. */
export async function prove({ sandbox, stage, backup, namespace }: ProveOptions): Promise<DemoProof[]> {
  const live = ['--root', sandbox.layout.nodeName];
  const ask = async (...words: string[]) => JSON.parse(await stage.run(words, silent)) as unknown;
  const countLines = async (...words: string[]) =>
    (await stage.run(words, silent)).split('\n').filter((line) => line !== '').length;
  const file = (await ask('snapshot', 'status', backup, '-w', 'json')) as Status;
  const target = await restoredRevision(sandbox);
  const bump = String(target - BigInt(file.revision));
  const restore = ['snapshot', 'restore', backup, '--data-dir', 'again'];
  await stage.run([...restore, '--bump-revision', bump, '--mark-compacted'], silent);
  const expected = (await ask('snapshot', 'hashkv', 'again/member/snap/db', '-w', 'json')) as HashJson;
  const found = (await ask(...live, 'endpoint', 'hashkv', '--rev', String(target), '-w', 'json')) as [
    { readonly HashKV: HashJson },
  ];
  const keys = ['--prefix', '--count-only', '-w', 'json'];
  const inBackup = (await ask('keys', 'get', backup, '', ...keys)) as Count;
  const inCluster = (await ask(...live, 'get', '', ...keys, '--rev', String(target))) as Count;
  const names = ['-n', namespace, '-o', 'name'];
  const objects = [
    await countLines('objects', 'list', backup, ...names),
    await countLines(...live, 'objects', 'list', 'live', ...names),
  ];
  const differing = await countLines(...live, 'objects', 'diff', backup, 'live', '-o', 'name');
  const row = (what: string, first: string | number, second: string | number): DemoProof => ({
    what,
    inBackup: String(first),
    inCluster: String(second),
  });
  return [
    row(`HashKV at revision ${target}`, expected.hash, found[0].HashKV.hash),
    row('keys', inBackup.count, inCluster.count),
    row(`objects in namespace ${namespace}`, objects[0]!, objects[1]!),
    row('objects that differ', 0, differing),
  ];
}

interface Status {
  readonly revision: number;
}

interface Count {
  readonly count: number;
}

/** At which revision the recovery put the data back: the first thing that it noted. */
async function restoredRevision({ layout }: DemoSandbox): Promise<bigint> {
  const ledger = await readLedger(openLocalHost({ root: layout.root }), layout.hostPaths.dataDir);
  const revision = ledger?.entries.find(({ source }) => source === 'recover')?.revision;
  if (revision === undefined) throw new HoldfastError('DEFECT', 'the recovery has noted no revision');
  return revision;
}
