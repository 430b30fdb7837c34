/** Recoveries of what is not as it should be: lost data, data in unusual places, leftovers in the snapshot. */
import assert from 'node:assert/strict';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { utf8 } from '../../src/base/index.ts';
import { AlarmRequest_AlarmAction, AlarmType } from '../../src/etcd/index.ts';
import type { ControlPlane, ControlPlaneLayout } from '../support/control-plane/index.ts';
import { readLiveContent } from '../support/live-keys.ts';
import { mountOver } from './mount-over.ts';
import {
  allRuns,
  cachedList,
  openRecoverSandbox,
  readLasting,
  type RecoverSandbox,
  writeMore,
} from './recover-sandbox.ts';

interface RecoverDocument {
  readonly recoveryId: string;
  readonly revision: { readonly target: string; readonly source: string };
  readonly findings: readonly { readonly code: string; readonly severity: string }[];
  readonly kept: readonly { readonly path: string }[];
}

/** Leases and endpoints of a cluster that lived when it was saved. */
const stale = [
  '/registry/masterleases/10.0.0.7',
  '/registry/leases/kube-node-lease/cp1',
  '/registry/leases/kube-system/operator-that-was',
  '/registry/leases/kube-system/apiserver-x2',
];

test('leftovers in the snapshot, and then lost data', async (t) => {
  await using sandbox = await openRecoverSandbox(t, '3.6', { beforeSave: leaveThings });
  if (sandbox === undefined) return;
  await setAlarm(sandbox.plane, AlarmRequest_AlarmAction.DEACTIVATE);
  await writeMore(sandbox.plane, '2');
  await t.test('--sanitize takes leftovers out', () => isSanitized(sandbox));
  await t.test('data that cannot be read, and no etcd', () => isRecoveredFromRuins(sandbox));
  await t.test('no data, and an etcd that has begun anew', () => isRecoveredFromNothing(sandbox));
});

test('a data dir that is a mount point', async (t) => {
  await using sandbox = await openRecoverSandbox(t, '3.5', {
    beforeStart: ({ dataDir }) => mountOver(t, dataDir, 1 << 30),
    etcdArgs: ['--wal-dir=/var/lib/etcd/log'],
  });
  if (sandbox === undefined) return;
  const { plane } = sandbox;
  const before = await stat(plane.dataDir);
  if (before.dev === (await stat(join(plane.root, 'var/lib'))).dev) return;
  await writeMore(plane, '2');
  const { recoveryId } = await recovered(sandbox);
  assert.deepEqual(
    (await readdir(plane.dataDir)).sort(),
    ['log', `log.before-${recoveryId}`, 'member', `member.before-${recoveryId}`],
    'what was in it is kept beside what is there now',
  );
  assert.equal((await stat(plane.dataDir)).ino, before.ino);
});

test('a log in a directory of its own', async (t) => {
  await using sandbox = await openRecoverSandbox(t, '3.5', { beforeStart: putLogElsewhere });
  if (sandbox === undefined) return;
  const { plane } = sandbox;
  const log = join(plane.root, 'var/lib/etcd-log/wal');
  const inode = (await stat(log)).ino;
  await writeMore(plane, '2');
  const { recoveryId } = await recovered(sandbox);
  assert.equal((await stat(`${log}.before-${recoveryId}`)).ino, inode);
  assert.deepEqual(await readdir(join(plane.dataDir, 'member')), ['snap']);
  assert.ok((await readdir(log)).some((name) => name.endsWith('.wal')));
});

test('a log below the data dir', async (t) => {
  await using sandbox = await openRecoverSandbox(t, '3.4', { etcdArgs: ['--wal-dir=/var/lib/etcd/log'] });
  if (sandbox === undefined) return;
  const { plane } = sandbox;
  await writeMore(plane, '2');
  const { recoveryId } = await recovered(sandbox);
  assert.deepEqual((await readdir(plane.dataDir)).sort(), ['log', 'member']);
  assert.deepEqual((await readdir(`${plane.dataDir}.before-${recoveryId}`)).sort(), ['log', 'member']);
});

/** Recovers, and sees that the old state is back. */
async function recovered(sandbox: RecoverSandbox, args: readonly string[] = []): Promise<RecoverDocument> {
  const run = await sandbox.recover(['--yes', '-w', 'json', ...args]);
  assert.equal(run.exitCode, 0, run.stderr);
  const document = JSON.parse(run.stdout) as RecoverDocument;
  const { plane } = sandbox;
  assert.deepEqual(await cachedList(plane), sandbox.savedList);
  await allRuns(plane);
  await using etcd = plane.openEtcd();
  const { keys } = await readLiveContent(etcd, BigInt(document.revision.target));
  assert.deepEqual(keys, sandbox.snapshotKeys);
  return document;
}

async function leaveThings(plane: ControlPlane): Promise<void> {
  await using etcd = plane.openEtcd();
  for (const key of stale) await etcd.kv.put({ key: utf8(key), value: utf8('{}') });
  await setAlarm(plane, AlarmRequest_AlarmAction.ACTIVATE);
}

async function setAlarm(plane: ControlPlane, action: AlarmRequest_AlarmAction): Promise<void> {
  await using etcd = plane.openEtcd();
  const { header } = await etcd.maintenance.status({});
  await etcd.maintenance.alarm({ action, alarm: AlarmType.NOSPACE, memberID: header!.memberId });
}

async function isSanitized(sandbox: RecoverSandbox): Promise<void> {
  const { plane } = sandbox;
  await recovered(sandbox, ['--sanitize']);
  await using etcd = plane.openEtcd();
  assert.deepEqual((await etcd.maintenance.alarm({})).alarms, []);
  for (const key of stale) assert.equal((await etcd.kv.range({ key: utf8(key) })).kvs.length, 0, key);
  await etcd.kv.put({ key: utf8('/after'), value: utf8('writes work') });
}

/** Garbage where the database was: etcd comes up again and again, and only the ledger knows how far it had come. */
async function isRecoveredFromRuins(sandbox: RecoverSandbox): Promise<void> {
  const { plane } = sandbox;
  const seen = await revisionOf(plane);
  await plane.runner.kill();
  await writeFile(join(plane.dataDir, 'member/snap/db'), Buffer.alloc(65_536, 'not a database '));
  const log = join(plane.dataDir, 'member/wal');
  for (const name of await readdir(log)) await writeFile(join(log, name), Buffer.alloc(4096, 'x'));
  await plane.restartRunner('kill');
  const document = await recovered(sandbox, ['--sanitize']);
  const codes = document.findings.map(({ code }) => code);
  assert.ok(codes.includes('old-data-unreadable'), codes.join());
  assert.equal(document.revision.source, 'ledger');
  assert.ok(BigInt(document.revision.target) > seen);
  const kept = join(plane.root, document.kept[0]!.path, 'member/snap/db');
  assert.match(await readFile(kept, 'latin1'), /^not a database/, 'ruins are kept, too');
}

/** The kubelet makes an empty directory, and etcd a new cluster in it: its revision says nothing of the lost one's. */
async function isRecoveredFromNothing(sandbox: RecoverSandbox): Promise<void> {
  const { plane } = sandbox;
  const seen = await revisionOf(plane);
  await plane.runner.kill();
  await rm(plane.dataDir, { recursive: true });
  await plane.restartRunner('kill');
  await plane.etcdReady();
  assert.deepEqual([...(await readLasting(plane)).keys()], []);
  const { revision } = await recovered(sandbox, ['--sanitize']);
  assert.equal(revision.source, 'ledger');
  // Some writes are younger than the last line of the ledger.
  assert.ok(BigInt(revision.target) > seen + 900_000_000n, `${revision.target} is far above ${seen}`);
}

async function revisionOf(plane: ControlPlane): Promise<bigint> {
  await using etcd = plane.openEtcd();
  return (await etcd.maintenance.status({})).header!.revision;
}

/** The flag, and the directory of the host that it names. */
async function putLogElsewhere({ manifests }: ControlPlaneLayout): Promise<undefined> {
  const text = await readFile(manifests.etcd, 'utf8');
  const path = '/var/lib/etcd-log';
  await writeFile(
    manifests.etcd,
    text
      .replace('    - --data-dir=', `    - --wal-dir=${path}/wal\n    - --data-dir=`)
      .replace('    volumeMounts:\n', `    volumeMounts:\n    - mountPath: ${path}\n      name: etcd-log\n`)
      .replace(
        '  volumes:\n',
        `  volumes:\n  - hostPath:\n      path: ${path}\n      type: DirectoryOrCreate\n    name: etcd-log\n`,
      ),
  );
}
