/** Clusters on restored data dirs, and the proofs that they are the one that was saved and work. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { operationContext, utf8 } from '../../src/base/index.ts';
import type { EtcdClient } from '../../src/etcd/index.ts';
import { snapshotHashKv } from '../../src/operations/hashkv/index.ts';
import {
  type RestoreOptions,
  type RestoreResult,
  restoreSnapshot,
} from '../../src/operations/restore/index.ts';
import type { Peer } from '../peers/index.ts';
import {
  type EtcdCluster,
  initialCluster,
  patientElections,
  type PlannedMember,
  planMembers,
  restartMembers,
  startPlannedMembers,
} from '../support/etcd-cluster.ts';
import { openTestClient } from '../support/etcd-client.ts';
import { type EtcdServer, PortTaken, startEtcd } from '../support/etcd-server.ts';
import { JsonGateway } from '../support/json-gateway.ts';
import { readLiveContent } from '../support/live-keys.ts';
import type { Pki } from '../support/pki.ts';
import { eventually } from '../support/waiting.ts';
import type { HashAnswer, SavedCluster } from './saved-cluster.ts';

export interface RestoreAndBootOptions {
  readonly snapshotPath: string;
  readonly peer: Peer;
  readonly tls: Pki;
  /** How many members, or which. */
  readonly members: number | readonly PlannedMember[];
  readonly directory: string;
  readonly restore?: Pick<RestoreOptions, 'bumpRevision' | 'markCompacted' | 'compact'>;
  /** The WAL outside the data dir. */
  readonly separateWal?: boolean;
}

/** A running cluster on restored data dirs. Members may be added and restarted; disposing kills those that run. */
export interface RestoredCluster extends AsyncDisposable {
  readonly peer: Peer;
  readonly tls: Pki;
  readonly directory: string;
  members: readonly EtcdServer[];
  readonly restored: readonly RestoredDirectory[];
}

/** One member's data dir before etcd ever started on it. */
export interface RestoredDirectory {
  readonly result: RestoreResult;
  /** HashKV of its database at its last revision, computed offline. */
  readonly hash: HashAnswer;
}

const token = 'restored <&> once';

/** Restores one snapshot for every member, starts the real etcd on each data dir, and waits for a quorum. */
export async function restoreAndBoot(options: RestoreAndBootOptions): Promise<RestoredCluster> {
  const { peer, tls, directory, members } = options;
  for (let attempt = 1; ; attempt++) {
    const planned = typeof members === 'number' ? await planMembers(members, tls) : members;
    const restored = await restoreForAll(options, planned);
    try {
      const walDirectory = options.separateWal === true ? { walDirectory: join(directory, 'wal') } : {};
      const cluster = await startPlannedMembers(
        { peer, tls, directory, initialClusterToken: token, ...walDirectory },
        planned,
      );
      return running(options, cluster, restored);
    } catch (error) {
      if (!(error instanceof PortTaken) || attempt === 5 || typeof members !== 'number') throw error;
      await rm(directory, { recursive: true });
    }
  }
}

function running(
  { peer, tls, directory }: RestoreAndBootOptions,
  { members }: EtcdCluster,
  restored: readonly RestoredDirectory[],
): RestoredCluster {
  const cluster = {
    peer,
    tls,
    directory,
    members,
    restored,
    async [Symbol.asyncDispose]() {
      await Promise.all(cluster.members.map((member) => member.kill()));
    },
  };
  return cluster;
}

async function restoreForAll(
  { snapshotPath, directory, restore, separateWal }: RestoreAndBootOptions,
  planned: readonly PlannedMember[],
): Promise<RestoredDirectory[]> {
  const restored: RestoredDirectory[] = [];
  for (const { name, peerUrl } of planned) {
    const result = await restoreSnapshot(
      {
        snapshotPath,
        name,
        dataDir: join(directory, name),
        initialCluster: initialCluster(planned),
        initialClusterToken: token,
        initialAdvertisePeerUrls: peerUrl,
        ...(separateWal === true ? { walDir: join(directory, 'wal', name) } : {}),
        ...restore,
      },
      operationContext(),
    );
    const { hash, hashRevision, compactRevision } = await snapshotHashKv(
      { path: result.databasePath },
      operationContext(),
    );
    restored.push({ result, hash: { revision: hashRevision, hash, compactRevision } });
  }
  return restored;
}

export function clientOf({ members: [first, ...others] }: RestoredCluster): EtcdClient {
  return openTestClient(first!, ...others);
}

/** It is the cluster that the restores told of: a new one, with these members and none of the old. */
export async function hasIdentity(cluster: RestoredCluster, saved: SavedCluster): Promise<void> {
  await using client = clientOf(cluster);
  const { header, members } = await client.cluster.memberList({});
  const found = members.map(({ ID, name, peerURLs }) => [ID, name, ...peerURLs]);
  const [{ result }] = cluster.restored as [RestoredDirectory];
  assert.deepEqual(
    found.sort(),
    result.members.map(({ id, name, peerUrls }) => [id, name, ...peerUrls]).sort(),
  );
  assert.equal(header!.clusterId, result.clusterId);
  assert.notEqual(header!.clusterId, saved.clusterId);
  for (const [index, { clientUrl }] of cluster.members.entries()) {
    const status = await client.maintenance.status({}, { endpoint: clientUrl });
    assert.equal(status.header?.memberId, cluster.restored[index]!.result.memberId);
  }
}

/** Every member answers HashKV as the saved cluster did; with another history there is a difference. */
export async function hasHistory(cluster: RestoredCluster, hashes: readonly HashAnswer[]): Promise<void> {
  await using client = clientOf(cluster);
  for (const { name, clientUrl } of cluster.members) {
    for (const expected of hashes) {
      const answer = await client.maintenance.hashKV(
        { revision: expected.revision },
        { endpoint: clientUrl },
      );
      const { hash, compactRevision } = answer;
      assert.deepEqual({ revision: expected.revision, hash, compactRevision }, expected, `HashKV of ${name}`);
    }
  }
}

/** Every key of the file with value, revisions and lease, and every lease. */
export async function hasContent(cluster: RestoredCluster, { content }: SavedCluster): Promise<void> {
  await using client = clientOf(cluster);
  assert.deepEqual(await readLiveContent(client), content);
}

/** Writes through every member, and revisions go on right behind the one given. Returns the last. */
export async function takesWrites(cluster: RestoredCluster, revision: bigint): Promise<bigint> {
  await using client = clientOf(cluster);
  let expected = revision;
  for (const { name, clientUrl } of cluster.members) {
    const key = utf8(`/after restore/${name}`);
    const put = await client.kv.put({ key, value: utf8(name) }, { endpoint: clientUrl });
    assert.equal(put.header?.revision, ++expected, `the revision of a write through ${name}`);
    const { kvs } = await client.kv.range({ key }, { endpoint: clientUrl });
    assert.deepEqual(
      kvs.map(({ value, modRevision }) => [Buffer.from(value).toString(), modRevision]),
      [[name, expected]],
    );
  }
  return expected;
}

/** Keys still hang on their leases: revoking one deletes them, in one revision. Returns that revision. */
export async function leasesHold(
  cluster: RestoredCluster,
  { content }: SavedCluster,
  revision: bigint,
): Promise<bigint> {
  const [lease] = [...content.keys.values()].map((key) => key.lease).filter((id) => id !== 0n);
  assert.ok(lease !== undefined);
  const attached = [...content.keys].filter(([, key]) => key.lease === lease).map(([key]) => key);
  await using client = clientOf(cluster);
  const told = await client.lease.leaseTimeToLive({ ID: lease, keys: true });
  assert.deepEqual(told.keys.map((key) => Buffer.from(key).toString('base64')).sort(), attached.sort());
  const revoked = await client.lease.leaseRevoke({ ID: lease });
  assert.equal(revoked.header?.revision, revision + 1n);
  const left = (await readLiveContent(client)).keys;
  assert.deepEqual(
    attached.filter((key) => left.has(key)),
    [],
  );
  return revision + 1n;
}

/** All members have come to the same revision and answer the same HashKV there. Returns the answer. */
export async function agrees(cluster: RestoredCluster, revision: bigint): Promise<HashAnswer> {
  await using client = clientOf(cluster);
  const answers: HashAnswer[] = [];
  for (const { clientUrl } of cluster.members) {
    // A linearizable read makes sure that this member has applied what came before.
    await client.kv.range({ key: utf8('any') }, { endpoint: clientUrl });
    const { header, hash, compactRevision } = await client.maintenance.hashKV({}, { endpoint: clientUrl });
    answers.push({ revision: header!.revision, hash, compactRevision });
  }
  for (const answer of answers) assert.deepEqual(answer, { ...answers[0]!, revision });
  return answers[0]!;
}

/** Adds a member the way a user does: `member add`, then a start with an empty data dir. */
export async function addMember(cluster: RestoredCluster): Promise<void> {
  const { peer, tls, directory, members } = cluster;
  const name = `m${members.length + 1}`;
  const [planned] = await planMembers(1, tls);
  const all = [
    ...members.map((member) => `${member.name}=${member.peerUrl}`),
    `${name}=${planned!.peerUrl}`,
  ].join(',');
  await hasVersion(cluster);
  await using client = clientOf(cluster);
  // etcd refuses for the first seconds of a cluster: its members have to have been connected for five.
  const added = await eventually(60_000, 'a member can be added', async () => {
    // An attempt that was not answered in time may have been heard all the same.
    const known = (await client.cluster.memberList({})).members;
    if (known.some(({ peerURLs }) => peerURLs.includes(planned!.peerUrl))) return known;
    return (await client.cluster.memberAdd({ peerURLs: [planned!.peerUrl] })).members;
  });
  assert.equal(added.length, members.length + 1);
  const server = await startEtcd({
    peer,
    tls,
    name,
    dataDir: join(directory, name),
    ports: planned!.ports,
    initialCluster: all,
    initialClusterState: 'existing',
    initialClusterToken: token,
    extraArgs: patientElections,
  });
  cluster.members = [...members, server];
  await server.ready();
  await eventually(60_000, `${name} is listed as started`, async () => {
    const list = await client.cluster.memberList({});
    return list.members.every((member) => member.clientURLs.length === 1) ? list : undefined;
  });
}

/**
 * A new member does not start when those that are there have no cluster version yet; and a single member that waits
 * for a second one to vote with can no longer decide on one.
 */
async function hasVersion({ members, tls, peer }: RestoredCluster): Promise<void> {
  for (const { name, clientUrl } of members) {
    using gateway = new JsonGateway(clientUrl, tls);
    await eventually(60_000, `${name} knows the version of its cluster`, async () => {
      const version = await gateway.clusterVersion();
      return version.startsWith(`${peer.line}.`) ? version : undefined;
    });
  }
}

/** Lets all members fail at once and starts them again. */
export async function restart(cluster: RestoredCluster): Promise<void> {
  const { members } = await restartMembers(cluster.members);
  cluster.members = members;
}
