import assert from 'node:assert/strict';
import { mkdir, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../../../test/support/temp-dir.ts';
import { openLocalHost } from '../../../hosts/index.ts';
import { receivedSnapshotPath } from '../../recovery-state/index.ts';
import type { HostPlan, RecoveryPlan } from '../plan/index.ts';
import { checkRoom } from './room-checks.ts';

test('a copy of the snapshot that the host keeps meanwhile takes room, too', async () => {
  await using dir = await tempDir('room');
  const machine = openLocalHost({ root: dir.path });
  const { bavail, bsize } = await statfs(dir.path);
  const free = bavail * bsize;
  // Once it fits with a third to spare, twice it does not.
  const sizeBytes = Math.floor(free / 1.5);
  const snapshot = { path: '/tmp/x.db', sizeBytes, sha256: 'ab' };
  const host = { dataDir: '/var/lib/etcd' } as HostPlan;
  const check = async (more: object = {}, isSent = false, walDir?: string) => {
    const plan = { snapshot: { ...snapshot, ...more } } as RecoveryPlan;
    const findings = await checkRoom(machine, plan, { ...host, walDir }, isSent);
    return findings.map(({ code, message }) => `${code}: ${message.replace(/^\d+/, 'N')}`);
  };
  const room = (copies: number) => Math.ceil(sizeBytes * 1.05) + 64_000_000 + copies * sizeBytes;
  const lacks = (copies: number, more = '') =>
    `no-space: N bytes are free at /var/lib/etcd, ${room(copies)} are needed${more}`;
  const backup = { backup: 'repo:20261122-222532-64154b64' };
  assert.deepEqual(await check(), []);
  assert.deepEqual(await check(backup), [lacks(1, ', with a copy of the snapshot')]);
  assert.deepEqual(await check({}, true, '/var/log/etcd'), [lacks(1, ', with a copy of the snapshot')]);
  // One that is there already takes no more.
  const copy = join(dir.path, receivedSnapshotPath('ab'));
  await mkdir(dirname(copy), { recursive: true });
  await writeFile(copy, '');
  assert.deepEqual(await check(backup), []);
  assert.deepEqual(await check({ ...backup, sizeBytes: free }), [
    `no-space: N bytes are free at /var/lib/etcd, ${Math.ceil(free * 1.05) + 64_000_000} are needed`,
  ]);
});
