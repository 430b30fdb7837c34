import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { buildDatabase, databaseContents } from '../../../test/support/build-database.ts';
import { type TempDir, tempDir } from '../../../test/support/temp-dir.ts';
import {
  type ErrorCode,
  hasCode,
  memorySource,
  openFileSource,
  operationContext,
  parseHex,
  utf8,
} from '../../base/index.ts';
import { checkDatabase, openDatabase } from '../../formats/bbolt/index.ts';
import { bucketNames } from '../../formats/mvcc/index.ts';
import { halfDoneMark } from './leftovers.ts';
import { type RestoreOptions, restoreSnapshot } from './index.ts';

// The rows of the small database of which etcdutl 3.5.30, 3.6.14 and 3.7.1 gave the numbers below.
const rows: Record<string, [string, string][]> = {
  cluster: [[hex('clusterVersion'), hex('3.5.0')]],
  meta: [
    [hex('consistent_index'), '0000000000000007'],
    [hex('term'), '0000000000000002'],
  ],
  key: [
    ['00000000000000025f0000000000000000', '0a03666f6f1002180220012a03626172'],
    ['00000000000000035f0000000000000000', '0a03666f6f1002180320022a0362617a'],
    ['00000000000000045f0000000000000000', '0a0161100418042001'],
    ['00000000000000055f000000000000000074', '0a0161'],
    ['00000000000000065f0000000000000000', '0a01781006180620012a0131'],
    ['00000000000000065f0000000000000001', '0a01791006180620012a013230b424'],
  ],
  members: [[hex('zombie'), hex('{}')]],
  members_removed: [[hex('gone'), hex('removed')]],
};

const threeMembers = {
  name: 'm1',
  initialCluster: 'm1=http://10.0.0.1:2380,m2=http://10.0.0.2:2380,m3=http://10.0.0.3:2380',
  initialClusterToken: 'etcd-cluster-1',
  initialAdvertisePeerUrls: 'http://10.0.0.1:2380',
};

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}

function databaseBytes(content = rows, pageSize = 4096): Uint8Array {
  const buckets = bucketNames.map((name) => {
    const items = (content[name] ?? []).map(([key, value]) => ({
      key: parseHex(key),
      value: parseHex(value),
    }));
    return { name: utf8(name), items };
  });
  return buildDatabase(buckets, pageSize);
}

function withDigest(database: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([database, createHash('sha256').update(database).digest()]));
}

async function snapshotIn(dir: TempDir, bytes = withDigest(databaseBytes())): Promise<string> {
  const path = join(dir.path, 's.db');
  await writeFile(path, bytes);
  return path;
}

async function restored(options: Partial<RestoreOptions>, ctx = operationContext()) {
  const dir = await tempDir('restore');
  const dataDir = join(dir.path, 'data');
  const result = await restoreSnapshot({ snapshotPath: await snapshotIn(dir), dataDir, ...options }, ctx);
  return { dir, dataDir, result };
}

async function refused(
  dir: TempDir,
  options: Partial<RestoreOptions>,
  code: ErrorCode,
  message: RegExp,
): Promise<void> {
  const before = await readdir(dir.path, { recursive: true });
  await assert.rejects(
    restoreSnapshot(
      { snapshotPath: join(dir.path, 's.db'), dataDir: join(dir.path, 'data'), ...options },
      operationContext(),
    ),
    (error: unknown) => {
      assert.ok(hasCode(error, code), String(error));
      assert.match(error.message, message);
      return true;
    },
  );
  assert.deepEqual(await readdir(dir.path, { recursive: true }), before, 'something was left behind');
}

describe('what comes out', () => {
  test('hash, keys and revision as after etcdutl, for one member, three, and with a bump', async () => {
    const cases: [Partial<RestoreOptions>, number, bigint, number][] = [
      [{}, 3874132915, 6n, 10],
      [threeMembers, 527300181, 6n, 12],
      [{ bumpRevision: 1000n, markCompacted: true }, 999521038, 1006n, 12],
    ];
    for (const compact of [false, true]) {
      for (const [options, hash, revision, totalKeys] of cases) {
        const { dir, result } = await restored({ ...options, compact });
        await using _ = dir;
        assert.deepEqual(
          { ...result.status, sizeBytes: 0 },
          { hash, totalKeys, version: undefined, sizeBytes: 0 },
        );
        assert.equal(result.revision, revision);
      }
    }
  });

  test('the log and the raft snapshot, byte for byte', async () => {
    const { dir, dataDir } = await restored(threeMembers);
    await using _ = dir;
    const wal = await readFile(join(dataDir, 'member/wal/0000000000000000-0000000000000000.wal'));
    assert.equal(wal.length, 64_000_000);
    assert.equal(
      sha256(wal.subarray(0, 536)),
      '640563237cb043c311dd09bb89090ffd50403a229a569be1392779b0f97f0884',
    );
    assert.ok(wal.subarray(536, 4096).every((byte) => byte === 0));
    const snap = await readFile(join(dataDir, 'member/snap/0000000000000001-0000000000000003.snap'));
    assert.equal(sha256(snap), '844c9c21e31222c4f6de618ca5bd7150d678e536ed95dc16745655b9e0b5a4ec');
  });

  test('modes, and nothing else in the directory', async () => {
    const { dir, dataDir } = await restored({});
    await using _ = dir;
    const mode = async (path: string) => ((await stat(join(dataDir, path))).mode & 0o777).toString(8);
    for (const path of ['.', 'member', 'member/snap', 'member/wal'])
      assert.equal(await mode(path), '700', path);
    assert.equal(await mode('member/snap/db'), '600');
    assert.equal(await mode('member/wal/0000000000000000-0000000000000000.wal'), '600');
    assert.equal(await mode('member/snap/0000000000000001-0000000000000001.snap'), '600');
    assert.deepEqual((await readdir(dataDir, { recursive: true })).sort(), [
      'member',
      'member/snap',
      'member/snap/0000000000000001-0000000000000001.snap',
      'member/snap/db',
      'member/wal',
      'member/wal/0000000000000000-0000000000000000.wal',
    ]);
    assert.deepEqual((await readdir(dir.path)).sort(), ['data', 's.db']);
  });

  test('every other row stays as it was, at every page size, copied or compacted', async () => {
    const many = { ...rows, lease: [], alarm: [] } as typeof rows;
    for (let i = 0; i < 3000; i++) many['lease']!.push([i.toString(16).padStart(16, '0'), hex(`lease ${i}`)]);
    for (const pageSize of [4096, 16384, 65536]) {
      for (const compact of [false, true]) {
        await using dir = await tempDir('restore');
        const before = databaseBytes(many, pageSize);
        const snapshotPath = await snapshotIn(dir, withDigest(before));
        const dataDir = join(dir.path, 'data');
        await restoreSnapshot({ snapshotPath, dataDir, compact }, operationContext());
        const after = new Uint8Array(await readFile(join(dataDir, 'member/snap/db')));
        assert.deepEqual(checkDatabase(memorySource(after)), []);
        const ours = databaseContents(openDatabase(memorySource(after)));
        const theirs = databaseContents(openDatabase(memorySource(before)));
        for (const name of ['key', 'lease', 'alarm', 'auth', 'cluster']) {
          assert.deepEqual(ours[hex(name)], theirs[hex(name)], name);
        }
        assert.deepEqual(ours[hex('members_removed')], []);
        assert.equal(openDatabase(memorySource(after)).pageSize, pageSize);
      }
    }
  });

  test('the steps in etcdutl’s words', async () => {
    const lines: string[] = [];
    const log = { debug() {}, warn() {}, info: (message: string) => lines.push(message) };
    const ctx = operationContext({ log });
    const { dir } = await restored({ ...threeMembers, bumpRevision: 5n, markCompacted: true }, ctx);
    await using _ = dir;
    assert.deepEqual(lines, [
      'restoring snapshot',
      'Trimming membership information from the backend...',
      'bumping latest revision',
      'marking revision compacted',
      'added member',
      'added member',
      'added member',
      'restored snapshot',
    ]);
  });
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('where it goes', () => {
  test('an empty directory is filled and keeps its mode', async () => {
    await using dir = await tempDir('restore');
    const dataDir = join(dir.path, 'data');
    await mkdir(dataDir, { mode: 0o750 });
    await restoreSnapshot(
      { snapshotPath: await snapshotIn(dir), dataDir: `${dataDir}/` },
      operationContext(),
    );
    assert.deepEqual(await readdir(dataDir), ['member']);
    assert.equal((await stat(dataDir)).mode & 0o777, 0o750);
  });

  test('a link to an empty directory is followed', async () => {
    await using dir = await tempDir('restore');
    const [real, link] = [join(dir.path, 'real'), join(dir.path, 'link')];
    await mkdir(real);
    await symlink(real, link);
    await restoreSnapshot({ snapshotPath: await snapshotIn(dir), dataDir: link }, operationContext());
    assert.deepEqual(await readdir(real), ['member']);
  });

  test('directories above it are made', async () => {
    await using dir = await tempDir('restore');
    const dataDir = join(dir.path, 'a/b/data');
    await restoreSnapshot({ snapshotPath: await snapshotIn(dir), dataDir }, operationContext());
    assert.equal((await stat(join(dir.path, 'a'))).mode & 0o777, 0o700);
    assert.deepEqual(await readdir(dataDir), ['member']);
  });

  const walDirs = {
    beside: 'wal',
    elsewhere: 'x/y/wal',
    within: 'data/logs',
    'in member': 'data/member/other',
  };
  for (const [where, walName] of Object.entries(walDirs)) {
    for (const exists of [false, true]) {
      test(`a WAL directory of its own, ${where}, data dir ${exists ? 'empty' : 'missing'}`, async () => {
        await using dir = await tempDir('restore');
        const [dataDir, walDir] = [join(dir.path, 'data'), join(dir.path, walName)];
        if (exists) await mkdir(dataDir);
        await restoreSnapshot({ snapshotPath: await snapshotIn(dir), dataDir, walDir }, operationContext());
        assert.deepEqual(await readdir(walDir), ['0000000000000000-0000000000000000.wal']);
        assert.ok((await readdir(join(dataDir, 'member'))).includes('snap'));
        const all = await readdir(dir.path, { recursive: true });
        assert.ok(!all.some((name) => name.includes('holdfast')), all.join(' '));
      });
    }
  }

  test('a directory with something in it, a file, an existing WAL directory', async () => {
    await using dir = await tempDir('restore');
    await snapshotIn(dir);
    await mkdir(join(dir.path, 'full'));
    await writeFile(join(dir.path, 'full/x'), '');
    await refused(
      dir,
      { dataDir: join(dir.path, 'full') },
      'DIR_NOT_EMPTY',
      /data-dir ".*full" is not empty/,
    );
    await refused(dir, { dataDir: join(dir.path, 's.db') }, 'FILE_EXISTS', /is not a directory/);
    await refused(dir, { walDir: join(dir.path, 'full') }, 'FILE_EXISTS', /wal-dir ".*full" exists/);
    await refused(dir, { walDir: dir.path }, 'USAGE', /holds data-dir/);
    await refused(dir, { dataDir: join(dir.path, 's.db/x') }, 'FILE_EXISTS', /is not a directory/);
  });
});

describe('what killed restores left', () => {
  const deadPid = 4_194_305;

  test('is removed, beside the target and inside it', async () => {
    for (const exists of [false, true]) {
      await using dir = await tempDir('restore');
      const dataDir = join(dir.path, 'data');
      const leftover = `.holdfast-restore-${deadPid}-0a1b2c3d4e5f`;
      await mkdir(`${dataDir}${leftover}/member/snap`, { recursive: true });
      if (exists) await mkdir(join(dataDir, leftover, 'member'), { recursive: true });
      await restoreSnapshot({ snapshotPath: await snapshotIn(dir), dataDir }, operationContext());
      assert.deepEqual((await readdir(dir.path)).sort(), ['data', 's.db']);
      assert.deepEqual(await readdir(dataDir), ['member']);
    }
  });

  test('is left alone while its process runs', async () => {
    await using dir = await tempDir('restore');
    const dataDir = join(dir.path, 'data');
    const other = `data.holdfast-restore-${process.ppid}-0a1b2c3d4e5f`;
    await mkdir(join(dir.path, other));
    await restoreSnapshot({ snapshotPath: await snapshotIn(dir), dataDir }, operationContext());
    assert.ok((await readdir(dir.path)).includes(other));
  });

  test('a WAL directory without its data dir is replaced', async () => {
    for (const walName of ['wal', 'data/wal']) {
      await using dir = await tempDir('restore');
      const [dataDir, walDir] = [join(dir.path, 'data'), join(dir.path, walName)];
      await mkdir(walDir, { recursive: true });
      await writeFile(join(walDir, halfDoneMark), `${deadPid}-0a1b2c3d4e5f\n${dataDir}`);
      await restoreSnapshot({ snapshotPath: await snapshotIn(dir), dataDir, walDir }, operationContext());
      assert.deepEqual(await readdir(walDir), ['0000000000000000-0000000000000000.wal']);
    }
  });
});

test('the WAL directory of a complete restore is not taken for a leftover, only its mark is', async () => {
  await using dir = await tempDir('restore');
  const [dataDir, walDir] = [join(dir.path, 'data'), join(dir.path, 'wal')];
  const snapshotPath = await snapshotIn(dir);
  await restoreSnapshot({ snapshotPath, dataDir, walDir }, operationContext());
  const [segment] = await readdir(walDir);
  // As if killed right after its last move; the process id is that of this process, as it may be in a container.
  await writeFile(join(walDir, halfDoneMark), `${process.pid}-0a1b2c3d4e5f\n${dataDir}`);
  const other = { snapshotPath, dataDir: join(dir.path, 'other'), walDir };
  await assert.rejects(restoreSnapshot(other, operationContext()), (error: unknown) =>
    hasCode(error, 'FILE_EXISTS'),
  );
  assert.deepEqual(await readdir(walDir), [segment]);
});

describe('what it does not take', () => {
  test('flags that contradict each other', async () => {
    await using dir = await tempDir('restore');
    await snapshotIn(dir);
    await refused(dir, { bumpRevision: 1n }, 'USAGE', /--mark-compacted required if --bump-revision > 0/);
    await refused(dir, { markCompacted: true }, 'USAGE', /--mark-compacted required/);
    await refused(dir, { bumpRevision: -1n }, 'USAGE', /negative/);
    await refused(dir, { bumpRevision: 2n ** 63n - 2n, markCompacted: true }, 'USAGE', /passes 2\^63-1/);
    await refused(dir, { name: 'other' }, 'USAGE', /couldn't find local name "other"/);
  });

  test('files that are not what they should be', async () => {
    const good = withDigest(databaseBytes());
    const flipped = good.slice();
    flipped[8000]! ^= 1;
    const cases: [Uint8Array, ErrorCode, RegExp][] = [
      [new Uint8Array(0), 'NOT_A_DATABASE', /s\.db/],
      [utf8('not a database'), 'NOT_A_DATABASE', /s\.db/],
      [good.subarray(0, -32), 'DIGEST_MISSING', /missing hash/],
      [flipped, 'DIGEST_MISMATCH', /expected sha256 [0-9a-f]{64}, got [0-9a-f]{64}/],
      [
        withDigest(buildDatabase([{ name: utf8('x'), items: [] }])),
        'NOT_A_DATABASE',
        /without etcd's bucket "key"/,
      ],
    ];
    for (const [bytes, code, message] of cases) {
      await using dir = await tempDir('restore');
      await snapshotIn(dir, bytes);
      for (const compact of [false, true]) await refused(dir, { compact }, code, message);
    }
    await using dir = await tempDir('restore');
    await refused(dir, {}, 'FILE_NOT_FOUND', /s\.db/);
    await mkdir(join(dir.path, 's.db'));
    await refused(dir, {}, 'NOT_A_REGULAR_FILE', /is a directory/);
  });

  test('a sound file that is not the one that was looked at before', async () => {
    await using dir = await tempDir('restore');
    const bytes = withDigest(databaseBytes());
    const snapshotPath = await snapshotIn(dir, bytes);
    const fileSha256 = createHash('sha256').update(bytes).digest('hex');
    const dataDir = join(dir.path, 'same');
    await restoreSnapshot({ snapshotPath, dataDir, fileSha256 }, operationContext());
    await snapshotIn(dir, withDigest(databaseBytes({ ...rows, lease: [['01', 'ff']] })));
    for (const compact of [false, true]) {
      await refused(
        dir,
        { compact, fileSha256 },
        'DIGEST_MISMATCH',
        /s\.db has changed since it was checked/,
      );
    }
  });

  test('a damaged structure under a right digest', async () => {
    const database = databaseBytes({
      ...rows,
      lease: Array.from({ length: 4000 }, (_, i) => [hex(`${10000 + i}`), 'ff']),
    });
    const opened = openDatabase(memorySource(database));
    const leaf = opened.bucket('lease')!.rootId! - 1;
    database[leaf * opened.pageSize + 8] = 0x10;
    for (const compact of [false, true]) {
      await using dir = await tempDir('restore');
      await snapshotIn(dir, withDigest(database));
      await refused(dir, { compact }, 'DATABASE_CORRUPT', new RegExp(`page ${leaf}`));
    }
  });

  test('--skip-hash-check takes a bare database and a wrong digest, and warns', async () => {
    const wrong = withDigest(databaseBytes());
    wrong[wrong.length - 1]! ^= 1;
    for (const bytes of [databaseBytes(), wrong]) {
      await using dir = await tempDir('restore');
      const warnings: string[] = [];
      const ctx = operationContext({
        events: (event) => event.type === 'warning' && warnings.push(event.code),
      });
      const options = { snapshotPath: await snapshotIn(dir, bytes), dataDir: join(dir.path, 'data') };
      const result = await restoreSnapshot({ ...options, skipHashCheck: true }, ctx);
      assert.equal(result.status.hash, 3874132915);
      assert.deepEqual(warnings, ['hash-check-skipped']);
    }
  });

  test('a stop in between leaves nothing', async () => {
    for (const phase of ['phase-started', 'phase-finished'] as const) {
      await using dir = await tempDir('restore');
      const snapshotPath = await snapshotIn(dir);
      const stop = new AbortController();
      const ctx = operationContext({
        signal: stop.signal,
        events: (event) => event.type === phase && stop.abort(),
      });
      await assert.rejects(
        restoreSnapshot({ snapshotPath, dataDir: join(dir.path, 'data') }, ctx),
        (error: unknown) => hasCode(error, 'INTERRUPTED'),
      );
      assert.deepEqual(await readdir(dir.path), ['s.db']);
    }
  });
});

test('the snapshot is not touched', async () => {
  await using dir = await tempDir('restore');
  const snapshotPath = await snapshotIn(dir);
  const before = await stat(snapshotPath, { bigint: true });
  await restoreSnapshot({ snapshotPath, dataDir: join(dir.path, 'data') }, operationContext());
  const after = await stat(snapshotPath, { bigint: true });
  assert.deepEqual([after.mtimeNs, after.ctimeNs, after.size], [before.mtimeNs, before.ctimeNs, before.size]);
  using file = openFileSource(snapshotPath);
  assert.equal(file.sizeBytes % 512, 32);
});
