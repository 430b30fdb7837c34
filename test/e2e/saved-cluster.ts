/** A cluster under mutual TLS, filled at random, saved by us and by etcdctl: what every restore has to bring back. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { operationContext, utf8 } from '../../src/base/index.ts';
import type { EtcdClient } from '../../src/etcd/index.ts';
import { snapshotHashKv } from '../../src/operations/hashkv/index.ts';
import { saveSnapshot } from '../../src/operations/save/index.ts';
import { snapshotStatus } from '../../src/operations/status/index.ts';
import type { Peer } from '../peers/index.ts';
import { type EtcdCluster, startCluster, withLogs } from '../support/etcd-cluster.ts';
import { clientOptions, openTestClient } from '../support/etcd-client.ts';
import { etcdctl, etcdutl } from '../support/etcdctl.ts';
import type { EtcdServer } from '../support/etcd-server.ts';
import { readFileContent, readLiveContent, type StoreContent } from '../support/live-keys.ts';
import { type JsonObject, parseJson } from '../support/lossless-json.ts';
import { createPki, type Pki } from '../support/pki.ts';
import { Random } from '../support/random.ts';
import { storageVersionKnown } from '../support/storage-version.ts';
import { eventually } from '../support/waiting.ts';
import { type ExpectedKey, keyText, runWorkload, type WorkloadOutcome } from '../support/workload.ts';

/** What a member answers for one revision. */
export interface HashAnswer {
  readonly revision: bigint;
  readonly hash: number;
  /** -1 when nothing was ever compacted. */
  readonly compactRevision: bigint;
}

/** Disposing stops the members. */
export interface SavedCluster extends AsyncDisposable {
  readonly peer: Peer;
  readonly tls: Pki;
  readonly directory: string;
  readonly members: readonly EtcdServer[];
  readonly clusterId: bigint;
  /** The snapshot that we saved. */
  readonly ourPath: string;
  /** The snapshot that etcdctl saved, of the same moment. */
  readonly theirPath: string;
  /** The revision of the store when it was saved. */
  readonly revision: bigint;
  readonly compactRevision: bigint;
  /** The source's answers for revisions from just above its compaction to the one saved. */
  readonly hashes: readonly HashAnswer[];
  /** What the live source held, read through the API. */
  readonly content: StoreContent;
}

export interface FillOptions {
  readonly peer: Peer;
  readonly directory: string;
  readonly seed: number;
}

/** More of everything. */
export const isSoak = process.env['HOLDFAST_SOAK'] === '1';

/** A seed for this run, told to the reader; `HOLDFAST_TEST_SEED` repeats an earlier one. */
export function chooseSeed(t: TestContext): number {
  const given = process.env['HOLDFAST_TEST_SEED'];
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given);
  t.diagnostic(`to repeat this workload: HOLDFAST_TEST_SEED=${seed}`);
  return seed;
}

/** Starts three members, fills them, saves the first one twice, and checks the two files against it. */
export async function fillAndSave(options: FillOptions): Promise<SavedCluster> {
  const { peer, directory } = options;
  const tls = await createPki(join(directory, 'pki'));
  await using started = new AsyncDisposableStack();
  const source = started.use(
    await startCluster({ peer, size: 3, directory: join(directory, 'source'), tls }),
  );
  return await withLogs(
    () => source.members,
    async () => {
      const saved = await saveFilled(options, tls, source);
      started.move();
      return saved;
    },
  );
}

async function saveFilled(options: FillOptions, tls: Pki, source: EtcdCluster): Promise<SavedCluster> {
  const { peer, directory, seed } = options;
  const member = source.members[0]!;
  const size = isSoak ? 'large' : 'small';
  const outcome = await runWorkload({ clientUrl: member.clientUrl, tls, size, seed });
  await using client = openTestClient(member);
  const marks = await settle(client, outcome, peer);
  const paths = { ourPath: join(directory, 'ours.db'), theirPath: join(directory, 'theirs.db') };
  await saveTwice(client, member, paths);
  const saved: SavedCluster = {
    peer,
    tls,
    directory,
    members: source.members,
    clusterId: (await client.cluster.memberList({})).header!.clusterId,
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
    ...paths,
    ...marks,
    hashes: await hashAnswers(client, marks),
    content: await readLiveContent(client, marks.revision),
  };
  holdsWhatWasWritten(saved, outcome);
  await sameFiles(saved);
  await sameHashesOffline(saved);
  return saved;
}

interface Marks {
  readonly revision: bigint;
  readonly compactRevision: bigint;
}

/** Written when the workload is done: whatever its seed, a value of 1 MiB and a key that is no text are there. */
const finalKeys: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[] = [
  { key: utf8('/last'), value: new Random(1).bytes(1024 * 1024) },
  { key: Uint8Array.of(0xff, 0, 0x5f, 0x80), value: utf8('written last') },
];

/** Waits until nothing that etcd does by itself will change the database any more. */
async function settle(client: EtcdClient, outcome: WorkloadOutcome, peer: Peer): Promise<Marks> {
  // A compaction that waits for its end waits for those before it as well; and one more revision behind it keeps
  // members from answering for the last revision what they remember from compacting it.
  const compactRevision = outcome.compactRevision + 1n;
  let revision = 0n;
  for (const row of finalKeys) {
    const { header } = await client.kv.put(row);
    revision = header!.revision;
  }
  await client.kv.compact({ revision: compactRevision, physical: true });
  await storageVersionKnown(client, peer);
  return { revision, compactRevision };
}

/** Saves by us and by etcdctl; again when something got into the log between the two. */
async function saveTwice(
  client: EtcdClient,
  member: EtcdServer,
  { ourPath, theirPath }: Pick<SavedCluster, 'ourPath' | 'theirPath'>,
): Promise<void> {
  await eventually(60_000, 'nothing is written between two saves', async () => {
    const before = await client.maintenance.status({});
    const target = { path: ourPath, force: true };
    await saveSnapshot({ client: clientOptions(member), target }, operationContext());
    await etcdctl(member, ['snapshot', 'save', theirPath]);
    const after = await client.maintenance.status({});
    return before.raftAppliedIndex === after.raftAppliedIndex ? after : undefined;
  });
}

async function hashAnswers(client: EtcdClient, { revision, compactRevision }: Marks): Promise<HashAnswer[]> {
  const between = (compactRevision + revision) / 2n;
  const answers: HashAnswer[] = [];
  for (const asked of new Set([compactRevision + 1n, between, revision])) {
    const answer = await client.maintenance.hashKV({ revision: asked });
    answers.push({ revision: asked, hash: answer.hash, compactRevision: answer.compactRevision });
  }
  return answers;
}

/** The source itself: it holds what the workload wrote, and the workload wrote what makes the test worth something. */
function holdsWhatWasWritten({ content, revision }: SavedCluster, outcome: WorkloadOutcome): void {
  assert.equal(revision, outcome.revision + 2n);
  const own = finalKeys.map(({ key }) => keyText(key));
  const found = [...content.keys].filter(([key]) => !own.includes(key));
  const known = found.map(([key, { valueSha256, valueSizeBytes, lease }]): [string, ExpectedKey] => [
    key,
    { valueSha256, valueSizeBytes, lease },
  ]);
  assert.deepEqual(new Map(known), outcome.keys);
  assert.deepEqual(new Set(content.leases), outcome.leases);
  const kinds = Object.entries(outcome.operations).filter(([, count]) => count > 0);
  assert.ok(kinds.length >= 5, `the workload did only ${kinds.map(([kind]) => kind).join(', ')}`);
  assert.ok(
    [...outcome.keys.values()].some(({ lease }) => lease !== 0n),
    'no key has a lease',
  );
}

/** Both files hold the same, which is what the source held; etcd's own tool says of ours what we say of theirs. */
async function sameFiles({ ourPath, theirPath, content, revision, peer }: SavedCluster): Promise<void> {
  assert.deepEqual(readFileContent(ourPath), content);
  assert.deepEqual(readFileContent(theirPath), content);
  const [ours, theirs] = [await statusOf(ourPath), await statusOf(theirPath)];
  assert.deepEqual(ours, theirs);
  assert.equal(ours.revision, revision);
  const told = parseJson(await etcdutl(peer, ['snapshot', 'status', ourPath, '-w', 'json'])) as JsonObject;
  assert.equal(told['hash'], theirs.hash);
  assert.equal(told['totalKey'], theirs.totalKeys);
}

async function statusOf(path: string) {
  const { hash, revision, totalKeys, version, warnings } = await snapshotStatus({ path }, operationContext());
  return { hash, revision, totalKeys, version, warnings };
}

/** What we compute from either file is what the source answers. */
async function sameHashesOffline({ ourPath, theirPath, hashes }: SavedCluster): Promise<void> {
  for (const path of [ourPath, theirPath]) {
    for (const { revision, hash, compactRevision } of hashes) {
      const offline = await snapshotHashKv({ path, revision }, operationContext());
      assert.deepEqual(offline, { hash, hashRevision: revision, compactRevision }, `HashKV of ${path}`);
    }
  }
}
