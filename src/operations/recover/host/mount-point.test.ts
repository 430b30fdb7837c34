import assert from 'node:assert/strict';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand } from '../../../../test/support/run-command.ts';
import { tempDir } from '../../../../test/support/temp-dir.ts';
import { openLocalHost } from '../../../hosts/index.ts';
import { isMountPoint, parseMountedPaths } from './mount-point.ts';

test('the table of mounts, with names that need care', () => {
  const table = [
    '22 28 0:21 / /proc rw,nosuid - proc proc rw',
    '31 28 259:1 /data/etcd /var/lib/my\\040etcd rw,relatime shared:1 - ext4 /dev/root rw',
    '',
  ].join('\n');
  assert.deepEqual([...parseMountedPaths(table)], ['/proc', '/var/lib/my etcd']);
});

test('a directory of the same file system that is mounted is a mount point', async (t) => {
  await using dir = await tempDir('mount-point');
  const [data, live] = [join(dir.path, 'data'), join(dir.path, 'var', 'my etcd')];
  for (const path of [data, live]) await mkdir(path, { recursive: true });
  await symlink('my etcd', join(dir.path, 'var', 'link'));
  const machine = openLocalHost({ root: dir.path });
  assert.equal(await isMountPoint(machine, '/var/my etcd'), false);
  assert.equal(await isMountPoint(machine, '/var/nothing'), false);
  const mounted = await runCommand('mount', ['--bind', data, live], { timeoutMs: 30_000 });
  if (mounted.exitCode !== 0) {
    t.diagnostic(`nothing can be mounted here: ${mounted.stderr}`);
    return;
  }
  try {
    assert.equal(await isMountPoint(machine, '/var/my etcd'), true);
    assert.equal(await isMountPoint(machine, '/var/link'), true);
  } finally {
    await runCommand('umount', [live], { timeoutMs: 30_000 });
  }
});
