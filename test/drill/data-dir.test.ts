import assert from 'node:assert/strict';
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { operationContext, uint64BigEndian, utf8 } from '../../src/base/index.ts';
import { databasePath, walDirectory } from '../../src/formats/data-dir/index.ts';
import { drill, type DrillOptions, type DrillReport } from '../../src/operations/drill/index.ts';
import { snapshotHashKv } from '../../src/operations/hashkv/index.ts';
import { restoreSnapshot } from '../../src/operations/restore/index.ts';
import { type Peer, peer } from '../peers/index.ts';
import { copyDataDir } from '../support/data-dir-copy.ts';
import { openTestClient } from '../support/etcd-client.ts';
import { startEtcd } from '../support/etcd-server.ts';
import { tempDir } from '../support/temp-dir.ts';
import { soundSnapshot } from './file-faults.ts';

const dir = await tempDir('drill-dir');
const sound = join(dir.path, 'sound');
let etcd: Peer | undefined;
let whyNot = '';

/** What a member that was stopped, started and killed has left: its last writes are in the log alone. */
before(async () => {
  try {
    etcd = await peer('3.6');
  } catch (error) {
    if (process.env['CI'] === 'true') throw error;
    whyNot = String(error);
    return;
  }
  await using server = await startEtcd({ peer: etcd, dataDir: sound, name: 'cp1' });
  await server.ready();
  await using client = openTestClient(server);
  await client.lease.leaseGrant({ ID: 77n, TTL: 3600n });
  const put = (i: number) =>
    client.kv.put({ key: utf8(`key/${i % 15}`), value: utf8(`value ${i}.`), lease: i % 9 === 0 ? 77n : 0n });
  for (let i = 0; i < 35; i++) await put(i);
  await client.kv.deleteRange({ key: utf8('key/3') });
  await server.stop();
  await using again = await server.restart();
  await again.ready();
  for (let i = 35; i < 40; i++) await put(i);
  await client.kv.put({ key: utf8('last'), value: utf8('the last value of all') });
  await again.kill();
});

interface Fault {
  readonly name: string;
  readonly says: RegExp;
  readonly damage?: (dataDir: string) => Promise<unknown>;
  readonly options?: () => Promise<Partial<DrillOptions>>;
}

const faults: readonly Fault[] = [
  {
    name: 'a write-ahead log that is cut off',
    says: /^log: the log is cut off: its last segment has \d+ bytes of at least 64000000$/,
    damage: async (dataDir) => {
      const path = await lastSegment(dataDir);
      await truncate(path, (await readFile(path)).indexOf('the last value of all') - 60);
    },
  },
  {
    name: 'a flipped byte in the write-ahead log',
    says: /^log: .*(CRC|checksum|damaged)/i,
    damage: async (dataDir) => flip(await lastSegment(dataDir), 'value 39.'),
  },
  {
    name: 'a write-ahead log that is not there',
    says: /^log: .*there is no write-ahead log/,
    damage: async (dataDir) => rm(await lastSegment(dataDir)),
  },
  {
    name: 'a database ahead of its log',
    says: /^log: the database is at index 5000, beyond the end of the log at \d+$/,
    damage: (dataDir) => setConsistentIndex(databasePath(dataDir), 5000n),
  },
  {
    name: 'the log of another member',
    says: /^log: the log is that of member \w+, which the database does not know$/,
    async damage(dataDir) {
      const other = join(dir.path, 'other');
      const snapshotPath = join(dir.path, 'other.db');
      await writeFile(snapshotPath, soundSnapshot);
      await restoreSnapshot({ snapshotPath, dataDir: other }, operationContext());
      const database = await readFile(databasePath(dataDir));
      await rm(dataDir, { recursive: true });
      await copyDataDir(other, dataDir);
      await writeFile(databasePath(dataDir), database);
    },
  },
  {
    name: 'a flipped byte in a value of the database',
    says: /^expected: HashKV is \d+, not \d+$/,
    damage: (dataDir) => flip(databasePath(dataDir), 'value 20.'),
    async options() {
      const report = await drill({ source: sound, workDir: dir.path }, operationContext());
      return { expect: { hashKv: report.facts!.hashKv } };
    },
  },
  {
    name: 'the data dir of another cluster',
    says: /^expected: cluster id is \w+, not dead$/,
    options: () => Promise.resolve({ expect: { clusterId: '0xDEAD' } }),
  },
];

for (const { name, says, damage, options } of faults) {
  test(`caught: ${name}`, async (t) => {
    if (etcd === undefined) {
      t.skip(whyNot);
      return;
    }
    const source = join(dir.path, 'faulty');
    await rm(source, { recursive: true, force: true });
    await copyDataDir(sound, source);
    await damage?.(source);
    const report = await drill({ source, workDir: dir.path, ...(await options?.()) }, operationContext());
    const failed = report.checks.filter(({ status }) => status === 'fail');
    const messages = failed.flatMap((check) =>
      check.findings.map(({ message }) => `${check.name}: ${message}`),
    );
    assert.ok(
      messages.some((message) => says.test(message)),
      messages.join('\n'),
    );
  });
}

test('a sound data dir passes with what its log adds, embedded and with the real etcd, and stays as it is', async (t) => {
  if (etcd === undefined) {
    t.skip(whyNot);
    return;
  }
  const lagging = await snapshotHashKv({ path: databasePath(sound) }, operationContext());
  const embedded = await drill({ source: sound, workDir: dir.path }, operationContext());
  const real = await drill({ source: sound, workDir: dir.path, etcdProgram: etcd.etcd }, operationContext());
  for (const report of [embedded, real]) {
    assert.ok(report.ok, describe(report));
    assert.deepEqual([report.kind, report.facts!.revision, report.facts!.keys], ['data-dir', 43n, 15]);
    assert.match(describe(report), /^log ok: index \d+, \d+ entries newer than the database/m);
  }
  assert.ok(lagging.hashRevision <= 43n);
});

async function lastSegment(dataDir: string): Promise<string> {
  const names = (await readdir(walDirectory(dataDir))).filter((name) => name.endsWith('.wal')).sort();
  return join(walDirectory(dataDir), names.at(-1)!);
}

async function flip(path: string, text: string): Promise<void> {
  const bytes = await readFile(path);
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) bytes[at]! ^= 0x20;
  await writeFile(path, bytes);
}

/** In every page that has it, the old ones too. */
async function setConsistentIndex(path: string, index: bigint): Promise<void> {
  const bytes = await readFile(path);
  const name = 'consistent_index';
  for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at + 1))
    bytes.set(uint64BigEndian(index), at + name.length);
  await writeFile(path, bytes);
}

function describe({ checks }: DrillReport): string {
  return checks.map(({ name, status, summary }) => `${name} ${status}: ${summary}`).join('\n');
}

test.after(() => dir[Symbol.asyncDispose]());
