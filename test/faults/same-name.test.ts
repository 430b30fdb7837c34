/** Names that are taken, and runs that want the same one at the same time. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { requirePeer } from '../peers/index.ts';
import { tempDir } from '../support/temp-dir.ts';
import { readTree } from './directory-tree.ts';
import { expectFailure } from './expect-failure.ts';
import { startFilledEtcd } from './filled-etcd.ts';
import { runHoldfastProcess, startHoldfast } from './holdfast-process.ts';
import { startProxy } from './proxy.ts';
import { sampleSnapshot } from './sample-snapshot.ts';
import { expectWholeSnapshot } from './whole-snapshot.ts';

before(() => runHoldfastProcess(['version']));

test('a save', async (t) => {
  const peer = await requirePeer(t, '3.5');
  if (peer === undefined) return;
  await using dir = await tempDir('same-name');
  await using server = await startFilledEtcd(dir.path, 6 << 20, { peer });
  const out = join(dir.path, 'out');
  const path = join(out, 's.db');
  const save = (port: number, ...flags: string[]) =>
    startHoldfast([`--endpoints=127.0.0.1:${port}`, 'snapshot', 'save', path, ...flags]);

  async function prepare(): Promise<void> {
    await rm(out, { recursive: true, force: true });
    await mkdir(out);
  }

  await t.test('leaves a file alone without --force', async () => {
    await prepare();
    await writeFile(path, 'old');
    const earlier = await stat(path, { bigint: true });
    const result = await save(server.ports.client).ended;
    expectFailure(result, { code: 'FILE_EXISTS', message: /s\.db exists already$/ });
    assert.equal(result.exitCode, 4);
    assert.equal(result.stdout, '');
    const later = await stat(path, { bigint: true });
    assert.deepEqual([later.ino, later.mtimeNs, later.size], [earlier.ino, earlier.mtimeNs, earlier.size]);
    assert.deepEqual(await readdir(out), ['s.db']);
  });

  await t.test('notices a file that appears while it runs', async () => {
    await prepare();
    await using proxy = await startProxy({ port: server.ports.client, passBytes: 3 << 20, fault: 'hold' });
    const saving = save(proxy.port);
    await proxy.reached;
    await writeFile(path, 'somebody else’s');
    proxy.release();
    expectFailure(await saving.ended, { code: 'FILE_EXISTS' });
    assert.equal(await readFile(path, 'utf8'), 'somebody else’s');
    assert.deepEqual(await readdir(out), ['s.db']);
  });

  await t.test('keeps the old file whole and in its place until the new one is', async () => {
    await prepare();
    await writeFile(path, 'old', { mode: 0o644 });
    await using proxy = await startProxy({ port: server.ports.client, passBytes: 3 << 20, fault: 'hold' });
    const saving = save(proxy.port, '--force');
    await proxy.reached;
    assert.equal(await readFile(path, 'utf8'), 'old');
    proxy.release();
    const result = await saving.ended;
    assert.equal(result.exitCode, 0, result.stderr);
    await expectWholeSnapshot(path);
    assert.deepEqual(await readdir(out), ['s.db']);
  });

  await t.test('replaces a link, not what it points to', async () => {
    await prepare();
    await writeFile(join(out, 'elsewhere.db'), 'kept');
    await symlink('elsewhere.db', path);
    assert.equal((await save(server.ports.client, '--force').ended).exitCode, 0);
    assert.equal(await readFile(join(out, 'elsewhere.db'), 'utf8'), 'kept');
    await expectWholeSnapshot(path);
  });

  await t.test('that another one overtakes gives way', async () => {
    await prepare();
    await using proxy = await startProxy({ port: server.ports.client, passBytes: 3 << 20, fault: 'hold' });
    const overtaken = save(proxy.port, '--force');
    await proxy.reached;
    const second = await save(server.ports.client, '--force').ended;
    assert.equal(second.exitCode, 0, second.stderr);
    const kept = await stat(path);
    proxy.release();
    expectFailure(await overtaken.ended, { code: 'SAVE_SUPERSEDED', message: /another run has replaced/ });
    assert.equal((await stat(path)).ino, kept.ino);
    await expectWholeSnapshot(path);
    assert.deepEqual(await readdir(out), ['s.db']);
  });

  await t.test(
    'and three others at the same time: one at least succeeds, and its file is whole',
    async () => {
      for (const flags of [[], ['--force']]) {
        await prepare();
        const results = await Promise.all(
          Array.from({ length: 4 }, () => save(server.ports.client, ...flags).ended),
        );
        const context = results.map(({ exitCode, stderr }) => `${exitCode}: ${stderr}`).join('\n');
        for (const result of results) assert.ok(result.exitCode === 0 || result.exitCode === 4, context);
        const succeeded = results.filter(({ exitCode }) => exitCode === 0).length;
        assert.ok(flags.length > 0 ? succeeded >= 1 : succeeded === 1, context);
        await expectWholeSnapshot(path);
        assert.deepEqual(await readdir(out), ['s.db'], context);
      }
    },
  );
});

test('four restores to the same data dir at the same time: one succeeds, and leaves no trace of the others', async () => {
  await using dir = await tempDir('same-name');
  const snapshot = join(dir.path, 's.db');
  await writeFile(snapshot, sampleSnapshot(2 << 20));
  const out = join(dir.path, 'out');
  const words = ['snapshot', 'restore', snapshot, '--data-dir', join(out, 'data')];
  for (const flags of [[], ['--wal-dir', join(out, 'wal')]]) {
    await mkdir(out);
    const alone = await runHoldfastProcess([...words, ...flags]);
    assert.equal(alone.exitCode, 0, alone.stderr);
    const tree = await readTree(out);
    await rm(out, { recursive: true });
    await mkdir(out);
    const results = await Promise.all(
      Array.from({ length: 4 }, () => runHoldfastProcess([...words, ...flags])),
    );
    const statuses = results.map(({ exitCode }) => exitCode).sort();
    assert.deepEqual(statuses, [0, 4, 4, 4], results.map(({ stderr }) => stderr).join('\n'));
    assert.deepEqual(await readTree(out), tree);
    await rm(out, { recursive: true });
  }
});
