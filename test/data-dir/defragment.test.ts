/** `defrag --data-dir` on data dirs of the real etcd, beside etcdctl's and etcdutl's own. */
import assert from 'node:assert/strict';
import type { BigIntStats } from 'node:fs';
import { chmod, cp, open, readdir, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openFileSource } from '../../src/base/index.ts';
import { openDatabase } from '../../src/formats/bbolt/index.ts';
import { databasePath, snapDirectory } from '../../src/formats/data-dir/index.ts';
import { expectFailure } from '../faults/expect-failure.ts';
import { startFilledEtcd } from '../faults/filled-etcd.ts';
import { startHoldfast } from '../faults/holdfast-process.ts';
import { requirePeer } from '../peers/index.ts';
import { databaseContents } from '../support/build-database.ts';
import { hashKvOf } from '../support/data-dir-copy.ts';
import { etcdctl, etcdctlJson } from '../support/etcdctl.ts';
import { startEtcd } from '../support/etcd-server.ts';
import { runCommand } from '../support/run-command.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

function contents(dataDir: string): Record<string, [string, string][]> {
  using file = openFileSource(databasePath(dataDir));
  return databaseContents(openDatabase(file));
}

const sizeOf = async (dataDir: string) => (await stat(databasePath(dataDir))).size;

/** Gives the first two pages behind the metas a kind that there is none of. */
async function damage(path: string): Promise<BigIntStats> {
  await using handle = await open(path, 'r+');
  for (const page of [2, 3]) await handle.write(Buffer.alloc(2, 0xff), 0, 2, page * 4096 + 8);
  return await handle.stat({ bigint: true });
}

for (const line of ['3.5', '3.6'] as const) {
  test(`a data dir of ${line} holds the same in less room, as after the real tool, and etcd goes on with it`, async (t) => {
    const peer = await requirePeer(t, line);
    if (peer === undefined) return;
    await using dir = await tempDir('defragment');
    const dataDir = join(dir.path, 'etcd');
    const { head, hash } = await (async () => {
      await using server = await startFilledEtcd(dir.path, 6 << 20, { peer });
      await etcdctl(server, ['del', '--prefix', 'large-1']);
      await etcdctl(server, ['del', 'large-2']);
      const [{ Status: status }] = (await etcdctlJson(server, ['endpoint', 'status'])) as [
        { Status: { header: { revision: number } } },
      ];
      const compacted = BigInt(status.header.revision);
      await etcdctl(server, ['compaction', '--physical', compacted.toString()]);
      // Of the compacted revision itself a running etcd keeps the hash from before.
      await etcdctl(server, ['put', 'later', 'x']);
      const inUse = await startHoldfast(['defrag', '--data-dir', dataDir]).ended;
      expectFailure(inUse, {
        code: 'DATA_DIR_IN_USE',
        message: new RegExp(`is open in process ${server.pid}$`),
      });
      return { head: compacted + 1n, hash: await hashKvOf(server, compacted + 1n) };
    })();
    const theirs = join(dir.path, 'theirs');
    await cp(dataDir, theirs, { recursive: true });
    const tool = line === '3.5' ? [peer.etcdctl, 'defrag'] : [peer.etcdutl!, 'defrag'];
    const real = await runCommand(tool[0]!, [...tool.slice(1), '--data-dir', theirs], { timeoutMs: 60_000 });
    assert.equal(real.exitCode, 0, real.stderr);

    await chmod(databasePath(dataDir), 0o640);
    const before = {
      contents: contents(dataDir),
      size: await sizeOf(dataDir),
      names: await readdir(snapDirectory(dataDir)),
    };
    const ours = await runHoldfast(['defrag', '--data-dir', dataDir, '-w', 'json']);
    assert.equal(ours.exitCode, 0, ours.stderr);
    const size = await sizeOf(dataDir);
    const { tookMs, ...report } = JSON.parse(ours.stdout) as Record<string, unknown>;
    assert.ok(Number(tookMs) > 0);
    assert.deepEqual(report, { path: databasePath(dataDir), sizeBytesBefore: before.size, sizeBytes: size });
    assert.deepEqual(contents(dataDir), before.contents);
    assert.deepEqual(contents(dataDir), contents(theirs));
    assert.ok(size < before.size && size <= (await sizeOf(theirs)), `${before.size} became ${size}`);
    assert.deepEqual(await readdir(snapDirectory(dataDir)), before.names);
    assert.equal((await stat(databasePath(dataDir))).mode & 0o777, 0o640);

    await using again = await startEtcd({ peer, dataDir });
    await again.ready();
    assert.deepEqual(await hashKvOf(again, head), hash);
    await etcdctl(again, ['put', 'after', 'x']);
  });
}

test('a database that is damaged, or none at all, is left as it is', async (t) => {
  const peer = await requirePeer(t, '3.6');
  if (peer === undefined) return;
  await using dir = await tempDir('defragment');
  await (await startFilledEtcd(dir.path, 1 << 20, { peer }))[Symbol.asyncDispose]();
  const dataDir = join(dir.path, 'etcd');
  const linked = join(dir.path, 'linked');
  await symlink(dataDir, linked);
  const said = await runHoldfast(['defrag', '--data-dir', linked]);
  assert.match(said.stdout, /^Defragmented \/\S+\/etcd\/member\/snap\/db: \S+ MB became \S+ MB\n$/);

  const { ino, mtimeNs } = await damage(databasePath(dataDir));
  const damaged = await startHoldfast(['defrag', '--data-dir', dataDir]).ended;
  expectFailure(damaged, { code: 'DATABASE_CORRUPT' });
  const later = await stat(databasePath(dataDir), { bigint: true });
  assert.deepEqual([later.ino, later.mtimeNs], [ino, mtimeNs]);
  assert.ok(!(await readdir(snapDirectory(dataDir))).some((name) => name.includes('tmp')));
  expectFailure(await startHoldfast(['defrag', '--data-dir', dir.path]).ended, { code: 'FILE_NOT_FOUND' });
  const both = await startHoldfast(['defrag', '--cluster', '--data-dir', dataDir]).ended;
  assert.equal(both.exitCode, 2, both.stderr);
});
