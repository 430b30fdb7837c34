/** What three hosts are, so that a recovery that was undone can be told from one that was not. */
import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type LiveKeys, readLiveContent } from '../support/live-keys.ts';
import { listTree } from '../support/tree-listing.ts';
import { allRuns, cachedList, freshList, readClosedJournal, readLasting } from './recover-sandbox.ts';
import type { ThreeHosts } from './three-hosts.ts';

/** All that must be the same after a recovery that was undone. */
export interface HostsState {
  readonly files: Readonly<Record<string, HostFiles>>;
  /** Cluster and members, by id. */
  readonly cluster: readonly string[];
  readonly keys: LiveKeys;
  readonly list: readonly string[];
}

/** The controllers that lead renew theirs all the time. */
function isLease(key: string): boolean {
  return Buffer.from(key, 'base64').toString().startsWith('/registry/leases/');
}

interface HostFiles {
  /** Names, owners and modes, inodes where nothing is written but by us. */
  readonly tree: readonly string[];
  readonly manifests: Readonly<Record<string, string>>;
}

const recoverDir = 'var/lib/holdfast/recover';

/** Every host has to be on and to work. */
export async function readState(hosts: ThreeHosts): Promise<HostsState> {
  await isWhole(hosts);
  const { lab, names } = hosts;
  const files = names.map(async (name) => [name, await readFiles(lab.host(name).rootDir)] as const);
  const first = lab.controlPlane(names[0]!);
  return {
    files: Object.fromEntries(await Promise.all(files)),
    cluster: await membersOf(hosts, names[0]!),
    keys: new Map([...(await readLasting(first))].filter(([key]) => !isLease(key))),
    list: await freshList(first),
  };
}

/** Compares with what was before, every manifest byte for byte, and sees that nothing is left of the attempt. */
export async function isAsBefore(hosts: ThreeHosts, before: HostsState): Promise<void> {
  assert.deepEqual(await readState(hosts), before);
  for (const name of hosts.names) assert.deepEqual(await pendingFiles(hosts, name), [], name);
}

/** Every host's static pods run, its API server is ready, and its etcd has a quorum and the data of the others. */
export async function isWhole({ lab, names }: ThreeHosts): Promise<void> {
  await lab.ready();
  await Promise.all(names.map((name) => allRuns(lab.controlPlane(name))));
}

/** How many events each host's runner has told: the same number means that nothing was stopped or started. */
export async function countEvents({ lab, names }: ThreeHosts): Promise<readonly number[]> {
  return await Promise.all(names.map(async (name) => (await lab.controlPlane(name).runner.events()).length));
}

/** What a recovery that is not over has left on a host: its journal, a snapshot. */
export async function pendingFiles(hosts: ThreeHosts, name: string): Promise<string[]> {
  const directory = hosts.path(name, recoverDir);
  const names = await readdir(directory, { recursive: true }).catch(nothingWhenMissing);
  return names.filter((path) => path !== 'snapshots' && !path.startsWith('closed'));
}

/**
 * The last recovery is complete everywhere: one token, one cluster, equal hashes, the saved state, revisions that went
 * on, the old data kept, a ledger on each. Returns its id.
 */
export async function isRecovered(hosts: ThreeHosts, before: HostsState): Promise<string> {
  const { lab, names, savedList, snapshotKeys } = hosts;
  await isWhole(hosts);
  const journals = await Promise.all(names.map((name) => lastJournal(hosts, name)));
  const [first] = journals;
  const { id, target } = first!;
  assert.deepEqual(journals, [first, first, first], 'one recovery with one token, committed on all');
  const found = await Promise.all(
    names.map(async (name) => {
      await using etcd = lab.controlPlane(name).openEtcd();
      const { hash, compactRevision } = await etcd.maintenance.hashKV({ revision: target });
      const { keys } = await readLiveContent(etcd, target);
      assert.deepEqual(keys, snapshotKeys, `the keys of ${name}`);
      assert.deepEqual(await cachedList(lab.controlPlane(name)), savedList, `the list of ${name}`);
      return { hash, compactRevision, members: await membersOf(hosts, name) };
    }),
  );
  assert.deepEqual(found, [found[0], found[0], found[0]], 'hash and members are the same everywhere');
  assert.equal(found[0]!.members.length, 1 + names.length);
  assert.notDeepEqual(found[0]!.members, before.cluster, 'a new cluster');
  for (const name of names) await keepsAccount(hosts, name, { id, target }, before);
  return id;
}

async function keepsAccount(
  hosts: ThreeHosts,
  name: string,
  { id, target }: { readonly id: string; readonly target: bigint },
  before: HostsState,
): Promise<void> {
  const kept = await stat(hosts.path(name, `var/lib/etcd.before-${id}`));
  const line = before.files[name]!.tree.find((path) => path.startsWith('lib/etcd '));
  assert.ok(line?.endsWith(` ino=${kept.ino}`), `the old data of ${name}: ${line}`);
  const text = await readFile(hosts.path(name, 'var/lib/etcd.holdfast-ledger.json'), 'utf8');
  const ledger = JSON.parse(text) as { highWater: string; entries: { recoveryId?: string }[] };
  assert.ok(BigInt(ledger.highWater) >= target, `the ledger of ${name}`);
  assert.equal(ledger.entries.at(-1)?.recoveryId, id);
  assert.deepEqual(await pendingFiles(hosts, name), [], name);
  const { manifests } = await readFiles(hosts.lab.host(name).rootDir);
  assert.deepEqual(manifests, before.files[name]!.manifests);
}

async function lastJournal(hosts: ThreeHosts, name: string) {
  const closed = await readdir(hosts.path(name, `${recoverDir}/closed`));
  const id = closed.sort().at(-1)!.replace('.jsonl', '');
  const journal = await readClosedJournal(hosts.lab.host(name).rootDir, id);
  const { plan } = journal[0] as {
    plan: { cluster: { token: string }; revision: { target: { $bigint: string } } };
  };
  return {
    id,
    outcome: journal.at(-1)?.['outcome'],
    token: plan.cluster.token,
    target: BigInt(plan.revision.target.$bigint),
  };
}

async function membersOf({ lab }: ThreeHosts, name: string): Promise<string[]> {
  await using etcd = lab.controlPlane(name).openEtcd();
  const { header, members } = await etcd.cluster.memberList({ linearizable: true });
  return [`cluster ${header!.clusterId}`, ...members.map(({ ID, name: member }) => `${member} ${ID}`).sort()];
}

async function readFiles(rootDir: string): Promise<HostFiles> {
  const manifestsDir = join(rootDir, 'etc/kubernetes/manifests');
  const names = (await readdir(manifestsDir)).sort();
  const manifests = names.map(
    async (name) => [name, await readFile(join(manifestsDir, name), 'utf8')] as const,
  );
  const kubernetes = await listTree(join(rootDir, 'etc/kubernetes'), { written: ['', 'manifests', 'pki'] });
  const lib = await listTree(join(rootDir, 'var/lib'), {
    without: ['holdfast', 'etcd/member/wal', 'etcd/member/snap'],
    written: ['', 'etcd'],
  });
  const database = await stat(join(rootDir, 'var/lib/etcd/member/snap/db'));
  return {
    tree: [
      ...kubernetes.map((line) => `kubernetes/${line}`),
      // What an undone recovery has learned of revisions stays in the ledger.
      ...lib.filter((line) => !line.startsWith('etcd.holdfast-ledger')).map((line) => `lib/${line}`),
      `database ino=${database.ino}`,
    ],
    manifests: Object.fromEntries(await Promise.all(manifests)),
  };
}

function nothingWhenMissing(error: unknown): string[] {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
  throw error;
}
