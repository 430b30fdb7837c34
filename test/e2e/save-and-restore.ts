/** From a live cluster to a file and back: for one release line, everything that a restore promises. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { hasCode } from '../../src/base/index.ts';
import { memberDirectory } from '../../src/formats/data-dir/index.ts';
import { hashKv } from '../../src/formats/mvcc/index.ts';
import { openDataDirAt } from '../../src/operations/data-dir-files/index.ts';
import { type Peer, type PeerLine, peerLines, requirePeer } from '../peers/index.ts';
import { withLogs } from '../support/etcd-cluster.ts';
import { openTestClient } from '../support/etcd-client.ts';
import { contentOf } from '../support/live-keys.ts';
import { tempDir } from '../support/temp-dir.ts';
import { eventually } from '../support/waiting.ts';
import { type OldWatch, startOldWatch } from './old-watch.ts';
import {
  addMember,
  agrees,
  clientOf,
  hasContent,
  hasHistory,
  hasIdentity,
  leasesHold,
  restart,
  restoreAndBoot,
  type RestoreAndBootOptions,
  type RestoredCluster,
  takesWrites,
} from './restored-cluster.ts';
import { chooseSeed, fillAndSave, isSoak, type SavedCluster } from './saved-cluster.ts';

const bump = { bumpRevision: 1_000_000_000n, markCompacted: true };

interface Variant extends Pick<RestoreAndBootOptions, 'members' | 'restore' | 'separateWal'> {
  /** A member is added. */
  readonly grows?: boolean;
}

const variants: Readonly<Record<string, Variant>> = {
  'one member': { members: 1, grows: true },
  'three members': { members: 3, grows: true },
  'three members with a bump': { members: 3, restore: bump, grows: true },
  compacted: { members: 1, restore: { compact: true } },
  'a WAL directory of its own': { members: 1, separateWal: true },
};

const soakVariants: Readonly<Record<string, Variant>> = {
  'five members': { members: 5, grows: true },
  'three members, compacted': { members: 3, restore: { compact: true }, grows: true },
  'three members, compacted, with a bump': { members: 3, restore: { ...bump, compact: true }, grows: true },
  'three members, with a bump and WAL directories of their own': {
    members: 3,
    restore: bump,
    separateWal: true,
    grows: true,
  },
};

/** Fills a cluster of this release line, saves it, loses it, and proves every kind of restore. */
export function testSaveAndRestore(line: PeerLine): void {
  test(`etcd ${line}`, { concurrency: 3 }, async (t) => {
    const peer = await requirePeer(t, line);
    if (peer === undefined) return;
    await using dir = await tempDir(`e2e-${line}`);
    const seed = chooseSeed(t);
    await using saved = await fillAndSave({ peer, directory: dir.path, seed });
    await using oldClient = openTestClient(saved.members[0]!);
    const oldWatch = await startOldWatch(oldClient, saved.revision + 1n);
    // A disaster, not a shutdown: whoever watches is told nothing.
    await Promise.all(saved.members.map((member) => member.kill()));
    const all = Object.entries(isSoak ? { ...variants, ...soakVariants } : variants);
    const newer = peerLines.slice(
      peerLines.indexOf(line) + 1,
      isSoak ? undefined : peerLines.indexOf(line) + 2,
    );
    await Promise.all([
      t.test('what the dead members left', () => diedWithEverything(saved)),
      t.test('one member with a bump, at the old addresses', () => movesOn(saved, oldWatch)),
      ...all.map(([name, variant]) => t.test(name, () => provesVariant(saved, peer, name, variant))),
      ...newer.map((target) =>
        t.test(`three members of etcd ${target}`, (inner) => provesUpgrade(inner, saved, target)),
      ),
    ]);
  });
}

/** A file of one release line, restored for a newer one. */
async function provesUpgrade(t: TestContext, saved: SavedCluster, target: PeerLine): Promise<void> {
  const peer = await requirePeer(t, target);
  if (peer === undefined) return;
  await provesVariant(saved, peer, `for etcd ${target}`, { members: 3, grows: true });
}

/** The data dir of each dead member reads as the cluster was: everything had been written for longer than a moment. */
function diedWithEverything({ members, revision, content, hashes }: SavedCluster): void {
  for (const { name, dataDir } of members) {
    using opened = openDataDirAt({ dataDir });
    assert.deepEqual(contentOf(opened.store), content, `keys of ${name}`);
    const { hash, hashRevision, compactRevision } = hashKv(opened.store);
    assert.deepEqual({ revision: hashRevision, hash, compactRevision }, hashes.at(-1), `HashKV of ${name}`);
    assert.equal(hashRevision, revision);
    assert.deepEqual(
      opened.members.map((member) => member.name).sort(),
      members.map((member) => member.name),
    );
  }
}

async function provesVariant(saved: SavedCluster, peer: Peer, name: string, variant: Variant): Promise<void> {
  const { tls } = saved;
  const directory = join(saved.directory, name.replaceAll(' ', '-'));
  // Both files are the same; so one of them may stand for the other.
  const snapshotPath = variant.restore?.compact === true ? saved.theirPath : saved.ourPath;
  await using cluster = await restoreAndBoot({ snapshotPath, peer, tls, directory, ...variant });
  await withLogs(
    () => cluster.members,
    async () => {
      await hasIdentity(cluster, saved);
      if (variant.separateWal === true) await hasWalApart(cluster);
      const isBumped = variant.restore?.bumpRevision !== undefined;
      const revision = await (isBumped ? isAsSavedButAbove(cluster, saved) : isAsSaved(cluster, saved));
      await livesOn(cluster, saved, { revision, grows: variant.grows === true });
      await isOfLine(cluster);
    },
  );
}

/** Nothing is lost and nothing is new: history, keys, leases. Returns the store's revision. */
async function isAsSaved(cluster: RestoredCluster, saved: SavedCluster): Promise<bigint> {
  const { revision } = saved;
  for (const { result, hash } of cluster.restored) {
    assert.equal(result.revision, revision);
    assert.deepEqual(hash, saved.hashes.at(-1), 'HashKV of the restored file');
  }
  await hasHistory(cluster, saved.hashes);
  await hasContent(cluster, saved);
  return revision;
}

/** The same keys at the same revisions, in a store whose revision is above all that was ever seen of it. Returns it. */
async function isAsSavedButAbove(cluster: RestoredCluster, saved: SavedCluster): Promise<bigint> {
  const revision = saved.revision + bump.bumpRevision;
  const [expected] = cluster.restored.map(({ hash }) => hash);
  assert.deepEqual([expected?.revision, expected?.compactRevision], [revision, revision]);
  for (const { result } of cluster.restored) assert.equal(result.revision, revision);
  assert.deepEqual(await agrees(cluster, revision), expected, 'HashKV live, and of the restored file');
  await hasContent(cluster, saved);
  await using client = clientOf(cluster);
  await assert.rejects(
    client.kv.range({ key: Uint8Array.of(0), revision: saved.revision }),
    (error) => hasCode(error, 'REVISION_COMPACTED'),
    'a read at an old revision',
  );
  const watch = await startOldWatch(client, saved.revision + 1n);
  assert.equal(await watch.compactedAt(), revision);
  return revision;
}

/** Writes go through, leases work, a member can be added, all members can be restarted. */
async function livesOn(
  cluster: RestoredCluster,
  saved: SavedCluster,
  from: { readonly revision: bigint; readonly grows: boolean },
): Promise<void> {
  let revision = await takesWrites(cluster, from.revision);
  revision = await leasesHold(cluster, saved, revision);
  const before = await agrees(cluster, revision);
  if (from.grows) {
    await addMember(cluster);
    assert.deepEqual(await agrees(cluster, revision), before, 'HashKV with a new member');
  }
  await restart(cluster);
  assert.deepEqual(await agrees(cluster, revision), before, 'HashKV after a restart');
  revision = await takesWrites(cluster, revision);
  await agrees(cluster, revision);
}

/** The cluster is a whole one of its release line, whatever line the file came from. */
async function isOfLine(cluster: RestoredCluster): Promise<void> {
  const { line, version } = cluster.peer;
  await using client = clientOf(cluster);
  for (const { clientUrl } of cluster.members) {
    await eventually(60_000, `the storage version is that of etcd ${line}`, async () => {
      const status = await client.maintenance.status({}, { endpoint: clientUrl });
      assert.equal(status.version, version);
      if (line === '3.4' || line === '3.5') return status;
      return status.storageVersion.startsWith(`${line}.`) ? status : undefined;
    });
  }
}

/** What a client sees that was there before the disaster: its watch does not silently miss anything. */
async function movesOn(saved: SavedCluster, oldWatch: OldWatch): Promise<void> {
  const { peer, tls, ourPath: snapshotPath } = saved;
  const { name, ports, peerUrl, clientUrl } = saved.members[0]!;
  const directory = join(saved.directory, 'old-addresses');
  const members = [{ name, ports, peerUrl, clientUrl }];
  await using cluster = await restoreAndBoot({ snapshotPath, peer, tls, directory, members, restore: bump });
  await withLogs(
    () => cluster.members,
    async () => {
      await hasIdentity(cluster, saved);
      assert.equal(await oldWatch.compactedAt(), saved.revision + bump.bumpRevision);
      const revision = await isAsSavedButAbove(cluster, saved);
      await livesOn(cluster, saved, { revision, grows: false });
    },
  );
}

/** etcd runs on the WAL directory that it was given, and makes no other. */
async function hasWalApart({ restored, directory, members }: RestoredCluster): Promise<void> {
  for (const [index, { result }] of restored.entries()) {
    assert.equal(result.walDir, join(directory, 'wal', members[index]!.name));
    assert.deepEqual(await readdir(memberDirectory(result.dataDir)), ['snap']);
  }
}
