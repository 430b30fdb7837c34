/**
 * Hourly snapshots of a cluster of three real members, saved by the real etcdctl from one after the other. In each hour
 * some of the keys change, with a compaction every five minutes up to where the history was five minutes before, as the
 * API server has it made; in the middle of the series all members are defragmented. Kept in the cache directory.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EtcdClient, openEtcdClient } from '../../src/etcd/index.ts';
import type { Peer } from '../../test/peers/index.ts';
import { type EtcdCluster, startCluster } from '../../test/support/etcd-cluster.ts';
import { mustRun } from '../../test/support/run-command.ts';
import { type ClusterChange, ClusterChanges } from './cluster-changes.ts';
import { changedRows, type ChangedRows } from './changed-rows.ts';

const seed = 20_266;
/** Of all keys, in an hour. */
const changingShare = 0.03;
const compactionsInHour = 12;
/** Puts under way at once. */
const writers = 32;
/** Leases do not run out while a series is made. */
const ttlSeconds = 30n * 86_400n;

export interface SeriesOptions {
  readonly peer: Peer;
  readonly cacheDirectory: string;
  readonly mebibytes: number;
  readonly hours: number;
  readonly log: (line: string) => void;
}

/** One snapshot, and what is different from the one before. */
export interface SeriesHour {
  readonly path: string;
  readonly sizeBytes: number;
  readonly member: string;
  readonly defragmented: boolean;
  /** Keys at least one row of which was written. */
  readonly changedKeys: number;
  readonly changed: ChangedRows;
}

/** The snapshots in order; made when they are not there yet. */
export async function snapshotSeries(options: SeriesOptions): Promise<readonly SeriesHour[]> {
  const { peer, cacheDirectory, mebibytes, hours, log } = options;
  const directory = join(cacheDirectory, `series-${peer.version}-${mebibytes}MiB-${hours}h-${seed}`);
  const list = join(directory, 'series.json');
  if (!existsSync(list)) {
    log(`making ${directory}: ${hours} snapshots of a cluster of etcd ${peer.version} …`);
    await mkdir(cacheDirectory, { recursive: true });
    const making = await mkdtemp(join(cacheDirectory, 'making-'));
    try {
      const made = await makeSeries(making, options);
      await writeFile(join(making, 'series.json'), JSON.stringify(made, undefined, 1));
      await rm(directory, { recursive: true, force: true });
      await rename(making, directory);
    } finally {
      await rm(making, { recursive: true, force: true });
    }
  }
  const made = JSON.parse(await readFile(list, 'utf8')) as SeriesHour[];
  return made.map((hour) => ({ ...hour, path: join(directory, hour.path) }));
}

async function makeSeries(directory: string, options: SeriesOptions): Promise<SeriesHour[]> {
  const { peer, mebibytes, hours, log } = options;
  await using cluster = await startCluster({
    peer,
    size: 3,
    directory: join(directory, 'members'),
    extraArgs: [
      ...['--quota-backend-bytes=8589934592', '--snapshot-count=100000', '--unsafe-no-fsync'],
      // Or else each compaction of many keys would take a second.
      '--experimental-compaction-batch-limit=10000',
    ],
  });
  await using client = openEtcdClient({ endpoints: [...cluster.endpoints], commandTimeoutMs: 300_000 });
  const life = new ClusterLife(client, cluster);
  await life.fill(mebibytes * 1024 * 1024);
  const series: SeriesHour[] = [];
  for (let hour = 0; hour < hours; hour++) {
    const defragmented = hour === Math.floor(hours / 2);
    if (defragmented) await life.defragment();
    const changedKeys = hour === 0 ? 0 : await life.liveAnHour();
    const member = cluster.members[hour % cluster.members.length]!;
    const file = `hour-${hour.toString().padStart(2, '0')}.db`;
    const path = join(directory, file);
    await mustRun(peer.etcdctl, [`--endpoints=${member.clientUrl}`, 'snapshot', 'save', path], {
      timeoutMs: 300_000,
      env: { ETCDCTL_API: '3' },
    });
    const before = series.at(-1);
    const changed = changedRows(path, before && join(directory, before.path));
    const { size: sizeBytes } = await stat(path);
    series.push({ path: file, sizeBytes, member: member.name, defragmented, changedKeys, changed });
    log(`hour ${hour}: ${changed.rows} new rows, ${changed.removedRows} gone`);
  }
  await rm(join(directory, 'members'), { recursive: true, force: true });
  return series;
}

class ClusterLife {
  readonly #client: EtcdClient;
  readonly #cluster: EtcdCluster;
  readonly #changes = new ClusterChanges(seed);
  #keys = 0;
  #fiveMinutesAgo = 0n;

  constructor(client: EtcdClient, cluster: EtcdCluster) {
    this.#client = client;
    this.#cluster = cluster;
  }

  /** Brings objects until the pages in use take so many bytes. */
  async fill(sizeBytes: number): Promise<void> {
    for (const ID of this.#changes.leases) await this.#client.lease.leaseGrant({ ID, TTL: ttlSeconds });
    for (;;) {
      const { dbSizeInUse, header } = await this.#client.maintenance.status({});
      this.#fiveMinutesAgo = header!.revision;
      if (Number(dbSizeInUse) >= sizeBytes) break;
      for (let batch = 0; batch < 16; batch++) this.#keys += (await this.#put(writers)).length;
    }
    this.#changes.startChanges();
  }

  /** Returns how many keys changed. */
  async liveAnHour(): Promise<number> {
    const changed = new Set<string>();
    for (let part = 1; part <= compactionsInHour; part++) {
      while (changed.size < (this.#keys * changingShare * part) / compactionsInHour)
        for (const { key } of await this.#put(writers)) changed.add(digestOf(key));
      const revision = this.#fiveMinutesAgo;
      const { header } = await this.#client.kv.compact({ revision, physical: true });
      this.#fiveMinutesAgo = header!.revision;
    }
    return changed.size;
  }

  async #put(count: number): Promise<ClusterChange[]> {
    const changes: ClusterChange[] = [];
    // Of two changes of a key at once either could come first.
    const keys = new Set<string>();
    for (let left = count; left > 0; left--) {
      const change = await this.#changes.next();
      changes.push(change);
      const digest = digestOf(change.key);
      if (keys.has(digest)) break;
      keys.add(digest);
    }
    await Promise.all(changes.slice(0, keys.size).map((change) => this.#apply(change)));
    for (const change of changes.slice(keys.size)) await this.#apply(change);
    return changes;
  }

  async #apply({ key, value, lease }: ClusterChange): Promise<void> {
    if (value === undefined) await this.#client.kv.deleteRange({ key });
    else await this.#client.kv.put({ key, value, lease });
  }

  async defragment(): Promise<void> {
    for (const { clientUrl } of this.#cluster.members) {
      await using one = openEtcdClient({ endpoints: [clientUrl], commandTimeoutMs: 300_000 });
      await one.maintenance.defragment({});
    }
  }
}

function digestOf(key: Uint8Array): string {
  return createHash('sha1').update(key).digest('base64');
}
