/**
 * A control-plane node on which nothing runs, for the checks before a recovery: laid out by a real etcd's run, with
 * several snapshots of it, and copied for each test, so that every change can be made for real.
 */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { operationContext, utf8 } from '../../src/base/index.ts';
import { AlarmRequest_AlarmAction, AlarmType, type EtcdClient } from '../../src/etcd/index.ts';
import { saveSnapshot } from '../../src/operations/save/index.ts';
import { requirePeer } from '../peers/index.ts';
import { type ControlPlane, makeControlPlane } from '../support/control-plane/index.ts';
import { mountOver } from './mount-over.ts';
import { type CliRun, runHoldfast } from '../support/run-cli.ts';
import { mustRun } from '../support/run-command.ts';
import { storageVersionKnown } from '../support/storage-version.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';
import { listTree } from '../support/tree-listing.ts';

/** Paths of snapshots, each of another moment. */
export interface StillSnapshots {
  /** As the node's data was shortly before the end. */
  readonly sound: string;
  /** The namespace kube-system has another uid. */
  readonly otherCluster: string;
  /** A secret is encrypted with the key `key1` of aescbc. */
  readonly encrypted: string;
  /** A NOSPACE alarm is on. */
  readonly noSpaceAlarm: string;
}

export interface StillNode extends AsyncDisposable {
  /** Fixed facts of the node; its paths are those of the original. */
  readonly plane: ControlPlane;
  readonly snapshots: StillSnapshots;
  /** A copy of the node, on which a test may do what it likes. */
  copy(): Promise<NodeCopy>;
}

export interface NodeCopy extends AsyncDisposable {
  readonly root: string;
  /** A host path in the copy. */
  path(hostPath: string): string;
  /** Changes the text of a file, which has to differ afterwards. */
  edit(hostPath: string, change: (text: string) => string): Promise<void>;
  /** Mounts a small file system there, with the files that are there if `keepFiles`. False after a skip. */
  mount(
    t: TestContext,
    hostPath: string,
    sizeBytes: number,
    options?: { readonly keepFiles?: boolean },
  ): Promise<boolean>;
  /** Runs `holdfast recover` in this process. Rejects when anything has changed in the tree. */
  refuses(args: readonly string[]): Promise<CliRun>;
}

/** Of the newest release line, whose snapshots others may not be able to read. Undefined after a skip. */
export async function openStillNode(t: TestContext): Promise<StillNode | undefined> {
  const peer = await requirePeer(t, '3.7');
  if (peer === undefined) return undefined;
  const dir = await tempDir('still-node');
  try {
    const plane = await makeControlPlane({ root: join(dir.path, 'node'), peer });
    const snapshots = await (async () => {
      await using running = plane;
      return await saveAll(running, dir.path);
    })();
    return {
      plane,
      snapshots,
      copy: () => copyNode(plane.root, dir),
      [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
    };
  } catch (error) {
    await dir[Symbol.asyncDispose]();
    throw error;
  }
}

async function saveAll(plane: ControlPlane, directory: string): Promise<StillSnapshots> {
  await using etcd = plane.openEtcd();
  await storageVersionKnown(etcd, plane.peer);
  const save = async (name: string) => {
    const path = join(directory, `${name}.db`);
    await saveSnapshot({ client: plane.etcdClientOptions, target: { path } }, operationContext());
    return path;
  };
  const secret = '/registry/secrets/shop/at-rest';
  await put(etcd, secret, 'k8s:enc:aescbc:v1:key1:not to be read here');
  const encrypted = await save('encrypted');
  await etcd.kv.deleteRange({ key: utf8(secret) });
  const kubeSystem = '/registry/namespaces/kube-system';
  const { kvs } = await etcd.kv.range({ key: utf8(kubeSystem) });
  const namespace = Buffer.from(kvs[0]!.value).toString();
  await put(etcd, kubeSystem, namespace.replace(plane.clusterUid, '00000000-0000-4000-8000-000000000000'));
  const otherCluster = await save('other-cluster');
  await put(etcd, kubeSystem, namespace);
  const alarm = { alarm: AlarmType.NOSPACE, memberID: (await etcd.maintenance.status({})).header!.memberId };
  await etcd.maintenance.alarm({ action: AlarmRequest_AlarmAction.ACTIVATE, ...alarm });
  const noSpaceAlarm = await save('alarm');
  await etcd.maintenance.alarm({ action: AlarmRequest_AlarmAction.DEACTIVATE, ...alarm });
  const sound = await save('sound');
  await put(etcd, '/after/the/snapshot', 'seen by somebody');
  return { sound, otherCluster, encrypted, noSpaceAlarm };
}

async function put(etcd: EtcdClient, key: string, value: string): Promise<void> {
  await etcd.kv.put({ key: utf8(key), value: utf8(value) });
}

async function copyNode(original: string, directory: TempDir): Promise<NodeCopy> {
  const stack = new AsyncDisposableStack();
  const copies = stack.use(await tempDir('node-copy'));
  const root = join(copies.path, 'root');
  assert.ok(original.startsWith(directory.path));
  await mustRun('cp', ['-a', '--sparse=always', original, root], { timeoutMs: 60_000 });
  const path = (hostPath: string) => join(root, hostPath);
  return {
    root,
    path,
    async edit(hostPath, change) {
      const before = await readFile(path(hostPath), 'utf8');
      const after = change(before);
      assert.notEqual(after, before, `${hostPath} is changed`);
      await writeFile(path(hostPath), after);
    },
    async mount(t, hostPath, sizeBytes, options) {
      const mounted = await mountOver(t, path(hostPath), sizeBytes, options);
      if (mounted === undefined) return false;
      stack.use(mounted);
      return true;
    },
    async refuses(args) {
      const before = await listTree(root, { without: ['proc'] });
      const run = await runHoldfast(['recover', ...args, `--root=${root}`, '--yes', '--wait-timeout=1s']);
      const after = await listTree(root, { without: ['proc'] });
      const changes = after.filter((line) => !before.includes(line));
      assert.deepEqual(changes, [], `touched:\n${run.stdout}\n${run.stderr}`);
      assert.equal(after.length, before.length);
      return run;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
