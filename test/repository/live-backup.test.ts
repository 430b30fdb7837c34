/** Backups of a live cluster of the real etcd, under mutual TLS. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { operationContext, type OperationEvent, systemClock, utf8 } from '../../src/base/index.ts';
import { createBackup, snapshotHashKv } from '../../src/operations/index.ts';
import { generateFileKey, initRepository, type Repository } from '../../src/repository/index.ts';
import { openMemoryStorage } from '../../src/storage/index.ts';
import { requirePeer } from '../peers/index.ts';
import { startCluster } from '../support/etcd-cluster.ts';
import { clientOptions, openTestClient } from '../support/etcd-client.ts';
import { type EtcdServer, startEtcd } from '../support/etcd-server.ts';
import { createPki } from '../support/pki.ts';
import { tempDir } from '../support/temp-dir.ts';
import { eventually } from '../support/waiting.ts';

async function newRepository(): Promise<Repository> {
  const lock = { kind: 'key-file', key: generateFileKey() } as const;
  return await initRepository(openMemoryStorage(), { lock }, operationContext());
}

/** Each backup is a second younger than the one before: of two in one second either may be the newest. */
let made = 0;
const clock = { ...systemClock, now: () => Date.now() + 1000 * made };

/** Backs up through these members, and says what happened on the way. */
async function backUp(repository: Repository, members: readonly EtcdServer[], more: object = {}) {
  made++;
  const events: OperationEvent[] = [];
  const [first, ...others] = members;
  const result = await createBackup(
    {
      ...{ repository, program: 'test', ...more },
      source: { kind: 'live', save: { client: clientOptions(first!, ...others) } },
    },
    operationContext({ clock, events: (event) => events.push(event) }),
  );
  const phases = new Set(events.flatMap((event) => ('phase' in event ? [event.phase] : [])));
  const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.code] : []));
  const messages = events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  return { ...result, phases, warnings, messages };
}

suite('a live cluster', () => {
  test('is backed up', async (t) => {
    const peer = await requirePeer(t, '3.6');
    if (peer === undefined) return;
    await using dir = await tempDir('live-backup');
    const tls = await createPki(join(dir.path, 'pki'));
    const directory = join(dir.path, 'members');
    await using cluster = await startCluster({ peer, size: 3, directory, tls });
    const [first, second, third] = cluster.members as [EtcdServer, EtcdServer, EtcdServer];
    const members = [first, second, third];
    const repository = await newRepository();
    await using client = openTestClient(...([first, second, third] as const));
    for (let at = 0; at < 40; at++)
      await client.kv.put({ key: utf8(`key-${at % 10}`), value: utf8(`before the damage ${at}`) });
    await caughtUp(members);

    await t.test('the record says whom it was taken from', async () => {
      const { record, members: compared, warnings } = await backUp(repository, [second]);
      const { header } = await client.maintenance.status({}, { endpoint: second.clientUrl });
      assert.deepEqual(warnings, []);
      assert.deepEqual([...compared!.same].sort(), ['m1', 'm2', 'm3']);
      assert.deepEqual(compared!.different, []);
      assert.equal(record.source.endpoint, second.clientUrl);
      assert.equal(record.cluster.clusterId, header!.clusterId.toString(16));
      assert.equal(record.cluster.memberId, header!.memberId.toString(16));
      assert.equal(record.cluster.memberName, 'm2');
      assert.equal(record.cluster.members.length, 3);
      assert.equal(record.etcdVersion, peer.version);
      const live = await client.maintenance.hashKV({}, { endpoint: first.clientUrl });
      assert.equal(record.hashes.kv, live.hash);
      assert.equal(record.revision, live.header!.revision);
    });

    await t.test('of several endpoints one is chosen, and all stand behind it', async () => {
      const { record, members: compared } = await backUp(repository, members);
      assert.ok(members.some(({ clientUrl }) => clientUrl === record.source.endpoint));
      assert.equal(compared!.same.length, 3);
      assert.equal(record.stored.newChunks, 0, 'nothing is new');
    });

    await t.test('nothing new is seen before anything is saved', async () => {
      const same = await backUp(repository, [third], { skipUnchanged: true });
      assert.equal(same.created, false);
      assert.equal(same.phases.has('save'), false, [...same.phases].join());
      await client.kv.put({ key: utf8('new'), value: utf8('one') });
      await caughtUp(members);
      const changed = await backUp(repository, [third], { skipUnchanged: true });
      assert.equal(changed.created, true);
      await client.kv.compact({ revision: changed.record.revision - 5n, physical: true });
      await caughtUp(members);
      const compacted = await backUp(repository, [first], { skipUnchanged: true });
      assert.equal(compacted.created, true, 'what was compacted away is a change');
      assert.equal(compacted.record.revision, changed.record.revision);
    });

    await t.test('a member that holds something else is told about, and no failure', async () => {
      await third.stop();
      await alter(join(third.dataDir, 'member/snap/db'));
      await using damaged = await third.restart();
      await damaged.ready();
      await caughtUp([first, second, damaged]);
      const { created, members: compared, warnings, messages } = await backUp(repository, [first]);
      assert.equal(created, true);
      assert.deepEqual(warnings, ['members-differ']);
      assert.match(messages[0]!, /taken from m1, is \d+, m3 has \d+$/);
      assert.deepEqual([[...compared!.same].sort(), compared!.different], [['m1', 'm2'], ['m3']]);
    });

    await t.test('a member that does not answer is no failure either', async () => {
      await second.stop();
      await third.stop();
      // Without a quorum: a snapshot needs none.
      const { record, members: compared } = await backUp(repository, [first]);
      assert.deepEqual(compared, { same: ['m1'], different: [] });
      const { hash } = await snapshotHashKv(
        { path: join(first.dataDir, 'member/snap/db') },
        operationContext(),
      );
      assert.equal(record.hashes.kv, hash);
    });
  });
});

for (const line of ['3.4', '3.5', '3.7'] as const)
  test(`one member of etcd ${line}`, async (t) => {
    const peer = await requirePeer(t, line);
    if (peer === undefined) return;
    await using dir = await tempDir('live-backup');
    const tls = await createPki(join(dir.path, 'pki'));
    await using server = await startEtcd({ peer, dataDir: join(dir.path, 'data'), tls });
    await server.ready();
    await using client = openTestClient(server);
    const repository = await newRepository();
    const fresh = await backUp(repository, [server]);
    assert.equal((await backUp(repository, [server], { skipUnchanged: true })).created, false);
    for (let at = 0; at < 5; at++) await client.kv.put({ key: utf8('a'), value: utf8(`${at}`) });
    const { record, members, warnings } = await backUp(repository, [server], { skipUnchanged: true });
    assert.deepEqual([record.parent, record.etcdVersion], [fresh.record.id, peer.version]);
    assert.deepEqual([members, warnings], [{ same: ['default'], different: [] }, []]);
    await client.kv.compact({ revision: record.revision, physical: true });
    await caughtUp([server]);
    const compacted = await backUp(repository, [server], { skipUnchanged: true });
    assert.deepEqual([compacted.created, compacted.warnings], [true, []]);
    const again = await backUp(repository, [server], { skipUnchanged: true });
    assert.equal(again.created, false, 'compacted to the newest revision');
  });

/** All have applied the same, and are done with compacting. */
async function caughtUp(members: readonly EtcdServer[]): Promise<void> {
  await eventually(60_000, 'the members hold the same revision', async () => {
    const answers = await Promise.all(
      members.map(async (member) => {
        await using client = openTestClient(member);
        const { header, compactRevision } = await client.maintenance.hashKV({});
        return `${header!.revision} ${compactRevision}`;
      }),
    );
    return new Set(answers).size === 1 ? answers : undefined;
  });
}

/** Changes values where they lie; a page of bbolt has no checksum. */
async function alter(path: string): Promise<void> {
  const file = await readFile(path);
  let count = 0;
  for (let at = file.indexOf('before the damage'); at >= 0; at = file.indexOf('before the damage', at + 1)) {
    file.write('after  the damage', at);
    count++;
  }
  assert.ok(count > 0);
  await writeFile(path, file);
}
