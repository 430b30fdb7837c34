/**
 * Snapshots of made-up clusters, with real objects as moulds, in the layout that a defragmented etcd 3.5 leaves. Kept
 * in the cache directory; the same seed gives the same bytes.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, openSync, closeSync, writeSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { utf8 } from '../../src/base/index.ts';
import { type BuildItem, createDatabaseBuilder } from '../../src/formats/bbolt/index.ts';
import {
  encodeCompactionMark,
  encodeConfState,
  encodeLease,
  encodeLeaseKey,
  encodeMember,
  encodeMemberKey,
  encodeUint64Record,
} from '../../src/formats/mvcc/index.ts';
import { ClusterHistory } from './cluster-history.ts';

const seed = 20_264;
const memberId = 0x5b8600ef6d65c892n;

export interface ObjectsDatasetOptions {
  readonly cacheDirectory: string;
  readonly mebibytes: number;
  readonly log: (line: string) => void;
}

/** Path of a snapshot of about this size; made when it is not there yet. */
export async function objectsDataset({
  cacheDirectory,
  mebibytes,
  log,
}: ObjectsDatasetOptions): Promise<string> {
  const path = join(cacheDirectory, `objects-${mebibytes}MiB-${seed}.db`);
  if (existsSync(path)) return path;
  log(`making ${path} …`);
  await mkdir(cacheDirectory, { recursive: true });
  const directory = await mkdtemp(join(cacheDirectory, 'making-'));
  try {
    const part = join(directory, 'objects.db');
    await writeDatabase(part, mebibytes * 1024 * 1024);
    const hash = createHash('sha256');
    await pipeline(createReadStream(part), hash);
    await appendFile(part, hash.digest());
    await rename(part, path);
  } finally {
    await rm(directory, { recursive: true });
  }
  return path;
}

async function writeDatabase(path: string, sizeBytes: number): Promise<void> {
  const fd = openSync(path, 'wx', 0o600);
  try {
    let written = 0;
    const write = (bytes: Uint8Array, offset: number) => {
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, offset + at);
      written = Math.max(written, offset + bytes.length);
    };
    const history = new ClusterHistory({ seed, done: () => written / sizeBytes });
    const builder = createDatabaseBuilder({ write });
    builder.addBucket({ name: utf8('key'), items: await history.rows() });
    for (const [name, items] of otherBuckets(history)) builder.addBucket({ name: utf8(name), items });
    builder.finish();
  } finally {
    closeSync(fd);
  }
}

/** What etcd 3.5 keeps beside the keys. */
function otherBuckets(history: ClusterHistory): [name: string, items: BuildItem[]][] {
  const item = (key: string, value: Uint8Array) => ({ key: utf8(key), value });
  const mark = encodeCompactionMark(history.compactRevision);
  const member = {
    id: memberId,
    name: 'cp1',
    peerUrls: ['https://192.0.2.10:2380'],
    clientUrls: ['https://192.0.2.10:2379'],
    isLearner: false,
  };
  const leases = history.leases.map((id) => ({
    key: encodeLeaseKey(id),
    value: encodeLease({ id, ttlSeconds: 3660n, remainingTtlSeconds: 0n }),
  }));
  return [
    ['alarm', []],
    ['auth', [item('authRevision', encodeUint64Record(1n))]],
    ['authRoles', []],
    ['authUsers', []],
    ['cluster', [item('clusterVersion', utf8('3.5.0'))]],
    ['lease', leases],
    ['members', [{ key: encodeMemberKey(memberId), value: encodeMember(member) }]],
    ['members_removed', []],
    [
      'meta',
      [
        item(
          'confState',
          encodeConfState({
            voters: [memberId],
            learners: [],
            votersOutgoing: [],
            learnersNext: [],
            autoLeave: false,
          }),
        ),
        item('consistent_index', encodeUint64Record(history.revision + 1000n)),
        item('finishedCompactRev', mark),
        item('scheduledCompactRev', mark),
        item('term', encodeUint64Record(4n)),
      ],
    ],
  ];
}
