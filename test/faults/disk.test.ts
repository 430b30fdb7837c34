/** Disks that are full or must not be written, and directories that are not there. */
import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { requirePeer } from '../peers/index.ts';
import { makeRepository } from '../repository/repository-commands.ts';
import { mustRun } from '../support/run-command.ts';
import { tempDir } from '../support/temp-dir.ts';
import { type ExpectedFailure, expectFailure } from './expect-failure.ts';
import { startFilledEtcd } from './filled-etcd.ts';
import { runHoldfastProcess } from './holdfast-process.ts';
import { sampleSnapshot } from './sample-snapshot.ts';
import { smallDisk } from './small-disk.ts';
import { expectWholeSnapshot } from './whole-snapshot.ts';

const diskFull: ExpectedFailure = { code: 'DISK_FULL', message: /: no space left on device$/ };
const snapshotBytes = 6 << 20;
const pageBytes = 4096;

before(() => runHoldfastProcess(['version']));

describe('a restore', () => {
  async function snapshotIn(directory: string): Promise<string> {
    const path = join(directory, 'snapshot.db');
    await writeFile(path, sampleSnapshot(snapshotBytes));
    return path;
  }

  for (const flag of ['', ' --compact']) {
    test(`to a full disk${flag}`, async (t) => {
      await using dir = await tempDir('disk');
      const snapshot = await snapshotIn(dir.path);
      for (const sizeBytes of [64 << 10, 1 << 20, 5 << 20]) {
        await using disk = await smallDisk(t, sizeBytes);
        if (disk === undefined) return;
        const words = ['snapshot', 'restore', snapshot, '--data-dir', join(disk.path, 'data')];
        const result = await runHoldfastProcess(flag === '' ? words : [...words, flag.trim()]);
        expectFailure(result, diskFull);
        assert.deepEqual(await readdir(disk.path), []);
      }
    });
  }

  test('to a disk that is full just before the end', async (t) => {
    await using dir = await tempDir('disk');
    const snapshot = await snapshotIn(dir.path);
    const databasePages = Math.floor((await stat(snapshot)).size / pageBytes);
    // From no room for the new rows, over none for the log and its snapshot, to just enough.
    for (let morePages = 0; ; morePages++) {
      assert.ok(morePages < 20);
      await using disk = await smallDisk(t, (databasePages + morePages) * pageBytes);
      if (disk === undefined) return;
      const words = ['snapshot', 'restore', snapshot, '--data-dir', join(disk.path, 'data')];
      const result = await runHoldfastProcess(words);
      if (result.exitCode === 0) {
        assert.ok(morePages > 2, String(morePages));
        return;
      }
      expectFailure(result, diskFull);
      assert.deepEqual(await readdir(disk.path), []);
    }
  });

  test('with its WAL on a full disk', async (t) => {
    await using dir = await tempDir('disk');
    const snapshot = await snapshotIn(dir.path);
    // Room for the mark inside it, and for no more.
    await using disk = await smallDisk(t, 4 << 10);
    if (disk === undefined) return;
    const dataDir = join(dir.path, 'data');
    const words = ['snapshot', 'restore', snapshot, '--data-dir', dataDir];
    const result = await runHoldfastProcess([...words, '--wal-dir', join(disk.path, 'wal')]);
    expectFailure(result, diskFull);
    assert.deepEqual(await readdir(disk.path), []);
    assert.deepEqual(await readdir(dir.path), ['snapshot.db']);
  });

  test('with its data on a full disk, and its WAL elsewhere', async (t) => {
    await using dir = await tempDir('disk');
    const snapshot = await snapshotIn(dir.path);
    await using disk = await smallDisk(t, 1 << 20);
    if (disk === undefined) return;
    const words = ['snapshot', 'restore', snapshot, '--data-dir', join(disk.path, 'new/data')];
    const result = await runHoldfastProcess([...words, '--wal-dir', join(dir.path, 'x/wal')]);
    expectFailure(result, diskFull);
    assert.deepEqual(await readdir(disk.path), []);
    assert.deepEqual(await readdir(dir.path), ['snapshot.db']);
  });

  test('to a file system that is mounted read-only', async (t) => {
    await using dir = await tempDir('disk');
    const snapshot = await snapshotIn(dir.path);
    await using disk = await smallDisk(t, 1 << 20, ['ro']);
    if (disk === undefined) return;
    const readOnly: ExpectedFailure = { code: 'WRITE_FAILED', message: /read-only file system$/ };
    const words = ['snapshot', 'restore', snapshot, '--data-dir'];
    expectFailure(await runHoldfastProcess([...words, join(disk.path, 'data')]), readOnly);
    expectFailure(await runHoldfastProcess([...words, join(disk.path, 'a/b/data')]), readOnly);
    const wal = await runHoldfastProcess([
      ...[...words, join(dir.path, 'data')],
      ...['--wal-dir', join(disk.path, 'wal')],
    ]);
    expectFailure(wal, readOnly);
    assert.deepEqual(await readdir(dir.path), ['snapshot.db']);
  });

  test('into a directory that is not for us to write', async (t) => {
    if (process.getuid?.() !== 0) {
      t.skip('only root can become another user');
      return;
    }
    await using dir = await tempDir('disk');
    const snapshot = await snapshotIn(dir.path);
    await chmod(dir.path, 0o755);
    await chmod(snapshot, 0o644);
    const nobody = { uid: 65_534, cwd: '/' };
    const able = await runHoldfastProcess(['snapshot', 'status', snapshot], nobody).catch(String);
    if (typeof able === 'string' || able.exitCode !== 0) {
      t.skip('another user cannot read this checkout');
      return;
    }
    const words = ['snapshot', 'restore', snapshot, '--data-dir', join(dir.path, 'data')];
    const denied: ExpectedFailure = { code: 'WRITE_FAILED', message: /permission denied$/ };
    expectFailure(await runHoldfastProcess(words, nobody), denied);
    assert.deepEqual(await readdir(dir.path), ['snapshot.db']);
  });
});

test('a save', async (t) => {
  const peer = await requirePeer(t, '3.5');
  if (peer === undefined) return;
  await using dir = await tempDir('disk');
  await using server = await startFilledEtcd(dir.path, snapshotBytes, { peer });
  const save = (path: string, ...flags: string[]) =>
    runHoldfastProcess([`--endpoints=${server.clientUrl}`, 'snapshot', 'save', path, ...flags]);

  await t.test('to a full disk', async (st) => {
    for (const sizeBytes of [4 << 10, 1 << 20, 5 << 20]) {
      await using disk = await smallDisk(st, sizeBytes);
      if (disk === undefined) return;
      expectFailure(await save(join(disk.path, 's.db')), diskFull);
      assert.deepEqual(await readdir(disk.path), []);
    }
  });

  await t.test('over a file on a disk with room for one only: the old one stays', async (st) => {
    const reference = join(dir.path, 'reference.db');
    assert.equal((await save(reference)).exitCode, 0);
    await using disk = await smallDisk(st, 1.5 * (await stat(reference)).size);
    if (disk === undefined) return;
    const path = join(disk.path, 's.db');
    assert.equal((await save(path)).exitCode, 0);
    const status = await expectWholeSnapshot(path);
    expectFailure(await save(path, '--force'), diskFull);
    assert.equal(await expectWholeSnapshot(path), status);
    assert.deepEqual(await readdir(disk.path), ['s.db']);
  });

  await t.test('to a file system without a single free inode', async (st) => {
    await using disk = await smallDisk(st, 64 << 20, ['nr_inodes=1']);
    if (disk === undefined) return;
    expectFailure(await save(join(disk.path, 's.db')), diskFull);
    assert.deepEqual(await readdir(disk.path), []);
  });

  await t.test('to a file system that is mounted read-only', async (st) => {
    await using disk = await smallDisk(st, 64 << 20, ['ro']);
    if (disk === undefined) return;
    const failure: ExpectedFailure = { code: 'WRITE_FAILED', message: /s\.db\.part: read-only file system$/ };
    expectFailure(await save(join(disk.path, 's.db')), failure);
  });

  await t.test('into a file system that becomes read-only over an old file', async (st) => {
    await using disk = await smallDisk(st, 64 << 20);
    if (disk === undefined) return;
    await writeFile(join(disk.path, 's.db'), 'old');
    await mustRun('mount', ['-o', 'remount,ro', disk.path], { timeoutMs: 60_000 });
    const failure: ExpectedFailure = { code: 'WRITE_FAILED', message: /read-only file system$/ };
    expectFailure(await save(join(disk.path, 's.db'), '--force'), failure);
    assert.deepEqual(await readdir(disk.path), ['s.db']);
  });

  await t.test('into a directory that is not there, or is none', async () => {
    const missing: ExpectedFailure = {
      code: 'FILE_NOT_FOUND',
      message: /no such file or directory$|a part of the path is not a directory$/,
    };
    const before = await readdir(dir.path);
    expectFailure(await save(join(dir.path, 'missing/s.db')), missing);
    await writeFile(join(dir.path, 'file'), '');
    expectFailure(await save(join(dir.path, 'file/s.db')), missing);
    expectFailure(await save(dir.path), { code: 'NOT_A_REGULAR_FILE', hint: /name of the file to write/ });
    await mkdir(join(dir.path, 'directory'));
    expectFailure(await save(join(dir.path, 'directory'), '--force'), {
      code: 'NOT_A_REGULAR_FILE',
      hint: /name of the file to write/,
    });
    await mkdir(join(dir.path, 'taken.db.part'));
    expectFailure(await save(join(dir.path, 'taken.db')), {
      code: 'NOT_A_REGULAR_FILE',
      message: /taken\.db\.part: is a directory$/,
    });
    expectFailure(await save('/dev/null', '--force'), { code: 'NOT_A_REGULAR_FILE', hint: /- for the/ });
    assert.deepEqual(await readdir(dir.path), [...before, 'directory', 'file', 'taken.db.part'].sort());
  });
});

test('a backup to a full disk says that what was stored is used by the next run, and so it is', async (t) => {
  await using dir = await tempDir('disk');
  const snapshot = join(dir.path, 'snapshot.db');
  await writeFile(snapshot, sampleSnapshot(snapshotBytes));
  await using disk = await smallDisk(t, 1 << 20);
  if (disk === undefined) return;
  const { location, keyFile } = await makeRepository(disk.path);
  const inTheWay = join(disk.path, 'in-the-way');
  const { bavail, bsize } = await statfs(disk.path);
  await writeFile(inTheWay, new Uint8Array((bavail - 2) * bsize));
  const words = ['backup', 'create', snapshot, '--repo', location, '--key-file', keyFile, '--no-bundle'];
  const full = await runHoldfastProcess(words);
  expectFailure(full, {
    code: 'DISK_FULL',
    message: /no space is left in \S+\/repository$/,
    hint: /what was stored already is used/,
  });
  await rm(inTheWay);
  const done = await runHoldfastProcess(words);
  assert.equal(done.exitCode, 0, done.stderr);
});
