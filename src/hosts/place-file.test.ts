import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { smallDisk } from '../../test/faults/small-disk.ts';
import { failureOf, generousMs, requireSshServer, sshClient, until } from '../../test/support/ssh-client.ts';
import { tempDir } from '../../test/support/temp-dir.ts';

describe('placing a file over ssh', { timeout: 5 * generousMs }, () => {
  test('it arrives whole, with its mode, and is not sent again', async (t) => {
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    await using host = sshClient(server);
    const content = randomBytes(3_000_000);
    const local = join(server.home, 'local');
    await writeFile(local, content);
    const directory = join(server.home, 'a b/it\'s\n"☃"');
    const remote = join(directory, '-n $x*');
    const seen: number[] = [];
    const onProgress = (doneBytes: number, totalBytes: number) => {
      assert.equal(totalBytes, content.length);
      seen.push(doneBytes);
    };
    const first = await host.placeFile(local, remote, { mode: 0o755, onProgress });
    assert.deepEqual(first, { placed: true });
    assert.deepEqual(await readFile(remote), content);
    assert.deepEqual(await readdir(directory), ['-n $x*'], 'nothing beside it');
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    );
    assert.equal(seen.at(-1), content.length);
    const before = await stat(remote);
    assert.equal(before.mode & 0o7777, 0o755);
    assert.equal((await stat(directory)).mode & 0o777, 0o700);

    const sha256 = createHash('sha256').update(content).digest('hex').toUpperCase();
    const again = { mode: 0o600, sha256, onProgress: () => assert.fail('sent again') };
    assert.deepEqual(await host.placeFile(local, remote, again), { placed: false });
    const after = await stat(remote);
    assert.deepEqual([after.ino, after.mtimeMs, after.mode & 0o7777], [before.ino, before.mtimeMs, 0o600]);

    await writeFile(local, 'other');
    assert.deepEqual(await host.placeFile(local, remote, { mode: 0o600 }), { placed: true });
    assert.equal(await readFile(remote, 'utf8'), 'other');
  });

  test('an empty file is a file', async (t) => {
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    await using host = sshClient(server);
    await writeFile(join(server.home, 'local'), '');
    const remote = join(server.home, 'remote');
    assert.deepEqual(await host.placeFile(join(server.home, 'local'), remote, { mode: 0o600 }), {
      placed: true,
    });
    assert.equal((await stat(remote)).size, 0);
  });

  test('with another digest nothing gets the name, and what had it keeps it', async (t) => {
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    await using host = sshClient(server);
    const local = join(server.home, 'local');
    await writeFile(local, 'content');
    const directory = join(server.home, 'there');
    const remote = join(directory, 'remote');
    const options = { mode: 0o600, sha256: '0'.repeat(64) };
    const error = await failureOf(host.placeFile(local, remote, options), 'TRANSFER_CORRUPT');
    assert.equal(error.exitStatus, 3);
    assert.equal(error.details['actual'], createHash('sha256').update('content').digest('hex'));
    assert.deepEqual(await readdir(directory), []);
    await writeFile(remote, 'old');
    await failureOf(host.placeFile(local, remote, options), 'TRANSFER_CORRUPT');
    assert.deepEqual(await readdir(directory), ['remote']);
    assert.equal(await readFile(remote, 'utf8'), 'old');
  });

  test('on a full disk nothing is left', async (t) => {
    await using disk = await smallDisk(t, 1 << 20);
    if (disk === undefined) return;
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    await using host = sshClient(server);
    const local = join(server.home, 'local');
    await writeFile(local, randomBytes(8 << 20));
    const remote = join(disk.path, 'remote');
    const error = await failureOf(host.placeFile(local, remote, { mode: 0o600 }), 'DISK_FULL');
    assert.match(error.message, /^cp1: no space left on the device of /);
    assert.deepEqual(await readdir(disk.path), []);
  });

  test('a host that goes down leaves no file of that name, and the next run clears up', async (t) => {
    await using place = await tempDir('place-file');
    const local = join(place.path, 'local');
    await writeFile(local, '');
    await truncate(local, 256 << 20);
    const directory = join(place.path, 'there');
    const remote = join(directory, 'remote');
    const sha256 = '0'.repeat(64);
    {
      await using server = await requireSshServer(t);
      if (server === undefined) return;
      await using host = sshClient(server);
      let crashing: Promise<void> | undefined;
      const onProgress = (doneBytes: number) => {
        if (doneBytes > 8 << 20) crashing ??= server.crash();
      };
      const error = await failureOf(
        host.placeFile(local, remote, { mode: 0o600, sha256, onProgress }),
        'HOST_UNREACHABLE',
      );
      assert.equal(error.details['host'], 'cp1');
      await crashing;
    }
    const left = await readdir(directory);
    assert.equal(left.length, 1);
    assert.match(left[0]!, /^\.remote\.part-\d+$/);
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    await using host = sshClient(server);
    await writeFile(local, 'small');
    await using rival = host.openSession(['sh', '-c', 'echo $$; cat', remote]);
    const { value: pid } = (await rival.lines[Symbol.asyncIterator]().next()) as { value: string };
    for (const name of [`.remote.part-${pid}`, `.remote.part-${process.pid}`])
      await writeFile(join(directory, name), '');
    await host.placeFile(local, remote, { mode: 0o600 });
    const kept = [`.remote.part-${pid}`, 'remote'];
    assert.deepEqual((await readdir(directory)).sort(), kept, 'what a living run is at stays');
  });

  test('an abort half-way leaves nothing', async (t) => {
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    await using host = sshClient(server);
    const local = join(server.home, 'local');
    await writeFile(local, '');
    await truncate(local, 256 << 20);
    const directory = join(server.home, 'there');
    const controller = new AbortController();
    const options = {
      mode: 0o600,
      sha256: '0'.repeat(64),
      signal: controller.signal,
      onProgress: (doneBytes: number) => doneBytes > 8 << 20 && controller.abort(),
    };
    await failureOf(host.placeFile(local, join(directory, 'remote'), options), 'INTERRUPTED');
    await until('it has cleared up', async () => (await readdir(directory)).length === 0);
  });

  test('what stands in the way is named, and stays', async (t) => {
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    await using host = sshClient(server);
    const local = join(server.home, 'local');
    await writeFile(local, 'x');
    await mkdir(join(server.home, 'there/remote'), { recursive: true });
    const taken = host.placeFile(local, join(server.home, 'there/remote'), { mode: 0o600 });
    const error = await failureOf(taken, 'HOST_COMMAND_FAILED');
    assert.match(error.message, /^cp1: placing .*remote ended with status 1: .*directory/);
    assert.deepEqual(await readdir(join(server.home, 'there')), ['remote']);
    assert.deepEqual(await readdir(join(server.home, 'there/remote')), []);
    const below = host.placeFile(local, join(local, 'x/remote'), { mode: 0o600 });
    assert.match((await failureOf(below, 'HOST_COMMAND_FAILED')).message, /mkdir/);

    const options = { mode: 0o600 };
    await failureOf(host.placeFile(join(server.home, 'none'), '/tmp/x', options), 'FILE_NOT_FOUND');
    await failureOf(host.placeFile(server.home, '/tmp/x', options), 'NOT_A_REGULAR_FILE');
    for (const path of ['x', 'x/y', '/tmp/', ''])
      await failureOf(host.placeFile(local, path, options), 'USAGE');
  });
});
