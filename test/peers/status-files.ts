/** Database files of every kind that a member and its tools leave behind, made by the real programs. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { memorySource } from '../../src/base/index.ts';
import { openDatabase } from '../../src/formats/bbolt/index.ts';
import { buildDatabase } from '../support/build-database.ts';
import { startCluster } from '../support/etcd-cluster.ts';
import { type EtcdctlTarget, etcdctl, etcdutl } from '../support/etcdctl.ts';
import { type EtcdServer, startEtcd } from '../support/etcd-server.ts';
import { JsonGateway } from '../support/json-gateway.ts';
import type { JsonObject } from '../support/lossless-json.ts';
import { mustRun } from '../support/run-command.ts';
import { storageVersionWritten } from '../support/storage-version.ts';
import { runWorkload } from '../support/workload.ts';
import type { Peer } from './index.ts';

export interface StatusFile {
  /** What is special about it. */
  readonly name: string;
  readonly path: string;
}

/** Makes some fifteen files under a directory with the programs of one release line. */
export async function makeStatusFiles(
  peer: Peer,
  directory: string,
  bbolt: string | undefined,
): Promise<StatusFile[]> {
  await mkdir(directory, { recursive: true });
  const collection = new Collection(directory);
  await oneMember(peer, collection);
  await Promise.all([alarmedMember(peer, collection), threeMembers(peer, collection)]);
  await fromTools(peer, collection, bbolt);
  return collection.files;
}

class Collection {
  readonly directory: string;
  readonly files: StatusFile[] = [];

  constructor(directory: string) {
    this.directory = directory;
  }

  /** A path for a new file, which is listed. */
  add(name: string): string {
    const path = join(this.directory, `${name.replaceAll(' ', '-')}.db`);
    this.files.push({ name, path });
    return path;
  }

  path(name: string): string {
    return this.files.find((file) => file.name === name)!.path;
  }
}

async function save(target: EtcdctlTarget, path: string, flags: readonly string[] = []): Promise<void> {
  await etcdctl(target, [...flags, 'snapshot', 'save', path]);
}

async function oneMember(peer: Peer, collection: Collection): Promise<void> {
  const dataDir = join(collection.directory, 'one');
  await using server = await startEtcd({ peer, dataDir });
  await server.ready();
  await storageVersionWritten(server);
  await save(server, collection.add('fresh'));
  using gateway = new JsonGateway(server.clientUrl, undefined);
  await gateway.call('kv/put', put('a', 'b'));
  await gateway.call('kv/deleterange', { key: base64('a') });
  await save(server, collection.add('every key deleted'));
  const { revision } = await runWorkload({ clientUrl: server.clientUrl, tls: undefined, seed: 7 });
  await save(server, collection.add('filled with leases'));
  await gateway.call('kv/deleterange', { key: base64('/registry/p'), range_end: base64('/registry/q') });
  await save(server, collection.add('many deleted'));
  await gateway.call('kv/compaction', { revision: revision.toString(), physical: true });
  await save(server, collection.add('compacted and fragmented'));
  await etcdctl(server, ['defrag']);
  await save(server, collection.add('defragmented'));
  await gateway.call('kv/put', put('after the defragmentation', 'x'.repeat(5000)));
  await enableAuth(server);
  await save(server, collection.add('auth on'), ['--user=root:secret']);
  await server.stop();
  await copyFile(join(dataDir, 'member', 'snap', 'db'), collection.add('member snap db'));
}

async function enableAuth(server: EtcdServer): Promise<void> {
  await etcdctl(server, ['user', 'add', 'root:secret']);
  await etcdctl(server, ['user', 'grant-role', 'root', 'root']);
  await etcdctl(server, ['role', 'add', 'reader']);
  await etcdctl(server, ['role', 'grant-permission', 'reader', 'read', '/registry/', '/registry0']);
  await etcdctl(server, ['user', 'add', 'someone:else']);
  await etcdctl(server, ['user', 'grant-role', 'someone', 'reader']);
  await etcdctl(server, ['auth', 'enable']);
}

/** Puts until the member has no space left and says so in its database. */
async function alarmedMember(peer: Peer, collection: Collection): Promise<void> {
  const dataDir = join(collection.directory, 'alarmed');
  await using server = await startEtcd({ peer, dataDir, extraArgs: ['--quota-backend-bytes=200000'] });
  await server.ready();
  await storageVersionWritten(server);
  using gateway = new JsonGateway(server.clientUrl, undefined);
  const refused = async (index: number) => {
    try {
      await gateway.call('kv/put', put(`key-${index}`, 'x'.repeat(50_000)));
      return false;
    } catch (error) {
      if (String(error).includes('database space exceeded')) return true;
      throw error;
    }
  };
  let index = 0;
  while (!(await refused(index))) if (++index > 50) throw new Error('the quota is not kept');
  await untilTrue('the alarm is listed', async () =>
    (await etcdctl(server, ['alarm', 'list'])).includes('NOSPACE'),
  );
  await save(server, collection.add('alarm'));
}

async function threeMembers(peer: Peer, collection: Collection): Promise<void> {
  const directory = join(collection.directory, 'three');
  await using cluster = await startCluster({ peer, size: 3, directory });
  const [first, , third] = cluster.members;
  for (const member of cluster.members) await storageVersionWritten(member);
  using gateway = new JsonGateway(first!.clientUrl, undefined);
  for (let i = 0; i < 40; i++) await gateway.call('kv/put', put(`key-${i % 7}`, `value ${i}`));
  await save(first!, collection.add('three members, the first'));
  await save(third!, collection.add('three members, the third'));
}

async function fromTools(peer: Peer, collection: Collection, bbolt: string | undefined): Promise<void> {
  const filled = collection.path('filled with leases');
  await rebuild(filled, 16_384, collection.add('pages of 16 KiB'));
  await rebuild(collection.path('auth on'), 65_536, collection.add('pages of 64 KiB'));
  const restored = join(collection.directory, 'restored');
  await etcdutl(peer, ['snapshot', 'restore', filled, '--data-dir', restored]);
  await copyFile(join(restored, 'member', 'snap', 'db'), collection.add('restored'));
  if (peer.line !== '3.4') await restoreBumped(peer, collection, filled);
  if (bbolt === undefined) return;
  await mustRun(bbolt, ['compact', '-o', collection.add('compacted by bbolt'), filled], {
    timeoutMs: 60_000,
  });
}

async function restoreBumped(peer: Peer, collection: Collection, filled: string): Promise<void> {
  const bumped = join(collection.directory, 'bumped');
  const flags = ['--bump-revision', '1000000', '--mark-compacted', '--data-dir', bumped];
  await etcdutl(peer, ['snapshot', 'restore', filled, ...flags]);
  await copyFile(join(bumped, 'member', 'snap', 'db'), collection.add('restored above its revision'));
}

/** The same rows with pages of another size, as a member on another kind of machine would have them. */
async function rebuild(from: string, pageSize: number, to: string): Promise<void> {
  const database = openDatabase(memorySource(await readFile(from)));
  const buckets = [...database.buckets()].map((bucket) => ({ name: bucket.name, items: bucket.entries() }));
  await writeFile(to, buildDatabase(buckets, pageSize));
}

async function untilTrue(what: string, ask: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await ask())) {
    if (performance.now() > deadline) throw new Error(`waited 30 s until ${what}`);
    await delay(100);
  }
}

function put(key: string, value: string): JsonObject {
  return { key: base64(key), value: base64(value) };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
