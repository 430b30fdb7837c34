/**
 * A control plane in a directory, saved and then changed: what a recovery has to bring back. etcd is the real one; the
 * API server is a stand-in that keeps a watch cache as the real one does.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { utf8 } from '../../src/base/index.ts';
import { runHoldfastProcess, type HoldfastOptions } from '../faults/holdfast-process.ts';
import { type Peer, type PeerLine, requirePeer } from '../peers/index.ts';
import {
  askPatiently,
  type ControlPlane,
  type ControlPlaneLayout,
  layOutControlPlane,
  type LayoutOptions,
  loadObjects,
  sampleObjects,
  startControlPlane,
  type StartOptions,
} from '../support/control-plane/index.ts';
import { type LiveKeys, readFileContent, readLiveContent } from '../support/live-keys.ts';
import type { RunResult } from '../support/run-command.ts';
import { tempDir } from '../support/temp-dir.ts';
import { eventually } from '../support/waiting.ts';

/** Disposing stops everything and removes the directory. */
export interface RecoverSandbox extends AsyncDisposable {
  readonly plane: ControlPlane;
  readonly peer: Peer;
  /** Holds the root of the control plane, and the snapshot beside it. */
  readonly directory: string;
  readonly snapshotPath: string;
  /** Every key of the snapshot, with its value and revisions. */
  readonly snapshotKeys: LiveKeys;
  /** What the API server listed when it was saved. */
  readonly savedList: readonly string[];
  /** Runs `holdfast recover` on the snapshot, as a process. */
  recover(args: readonly string[], options?: HoldfastOptions): Promise<RunResult>;
}

/** Undefined after the test has been skipped, because this etcd cannot be had. */
export async function openRecoverSandbox(
  t: TestContext,
  line: PeerLine,
  options: Omit<LayoutOptions & StartOptions, 'root' | 'peer'> & {
    /** Done when the files are there and nothing runs. What is returned is disposed after everything has stopped. */
    readonly beforeStart?: (layout: ControlPlaneLayout) => Promise<AsyncDisposable | undefined>;
    /** Done before the snapshot is saved. */
    readonly beforeSave?: (plane: ControlPlane) => Promise<void>;
  } = {},
): Promise<RecoverSandbox | undefined> {
  const peer = await requirePeer(t, line);
  if (peer === undefined) return undefined;
  const stack = new AsyncDisposableStack();
  try {
    const dir = stack.use(await tempDir(`recover-${line}`));
    const layout = await layOutControlPlane({ root: join(dir.path, 'root'), peer, ...options });
    stack.use(await options.beforeStart?.(layout));
    const plane = stack.use(await startControlPlane(layout, options));
    await fill(plane);
    await options.beforeSave?.(plane);
    const snapshotPath = join(dir.path, 'snapshot.db');
    await saveByHoldfast(plane, snapshotPath);
    return {
      plane,
      peer,
      directory: dir.path,
      snapshotPath,
      snapshotKeys: readFileContent(snapshotPath).keys,
      savedList: await freshList(plane),
      recover: (args, run) =>
        runHoldfastProcess(['recover', snapshotPath, ...recoverFlags(plane), ...args], {
          timeoutMs: 240_000,
          ...run,
        }),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function fill(plane: ControlPlane): Promise<void> {
  await plane.etcdReady();
  await using etcd = plane.openEtcd();
  await loadObjects(etcd, sampleObjects({ clusterUid: plane.clusterUid, nodeName: plane.nodeName }));
  await plane.apiReady();
}

/** Flags for a sandbox: its root, and a limit of waits below those of the tests. */
export function recoverFlags({ root }: Pick<ControlPlane, 'root'>): string[] {
  return [`--root=${root}`, '--wait-timeout=60s'];
}

/** `holdfast snapshot save`, as a process, with the API server's own certificate. */
export async function saveByHoldfast({ etcdUrl, pki }: ControlPlane, path: string): Promise<void> {
  const { certFile, keyFile } = pki.apiServerEtcdClient;
  const tls = [`--cacert=${pki.etcdCaFile}`, `--cert=${certFile}`, `--key=${keyFile}`];
  const saved = await runHoldfastProcess(['snapshot', 'save', path, `--endpoints=${etcdUrl}`, ...tls]);
  assert.equal(saved.exitCode, 0, saved.stderr);
}

const configMaps = '/api/v1/namespaces/shop/configmaps';

interface ConfigMapList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly data?: { readonly generation?: string };
  }[];
}

/** What happens after the snapshot: objects changed, added and removed through the API server, and keys in etcd. */
export async function writeMore(plane: ControlPlane, generation: string): Promise<void> {
  using api = plane.openApi();
  const change = { data: { generation } };
  for (const [method, path, body] of [
    ['PUT', `${configMaps}/app-config-00`, change],
    ['PUT', `${configMaps}/newer-${generation}`, change],
    ['DELETE', `${configMaps}/app-config-01`, undefined],
  ] as const) {
    const { status, text } = await api.request(method, path, body);
    assert.ok(status < 300, `${method} ${path}: ${text}`);
  }
  await using etcd = plane.openEtcd();
  await etcd.kv.put({ key: utf8(`/straight/${generation}`), value: utf8('past the API server') });
  assert.ok((await freshList(plane)).includes(`newer-${generation}=${generation}`));
}

/** `name=generation` of the config maps, as the cache of the API server has them. */
export async function cachedList(plane: ControlPlane): Promise<string[]> {
  return await listConfigMaps(plane, '?resourceVersion=0');
}

/** The same, when the cache has caught up with etcd. */
export async function freshList(plane: ControlPlane): Promise<string[]> {
  return await listConfigMaps(plane, '');
}

async function listConfigMaps(plane: ControlPlane, query: string): Promise<string[]> {
  using api = plane.openApi();
  const answer = await askPatiently(api, `${configMaps}${query}`);
  assert.equal(answer.status, 200, answer.text);
  const { items } = answer.json() as ConfigMapList;
  return items.map(({ metadata, data }) => `${metadata.name}=${data?.generation ?? ''}`);
}

/** Through the API server, which asks etcd for it. */
export async function getGeneration(plane: ControlPlane, name: string): Promise<string> {
  using api = plane.openApi();
  const answer = await api.get(`${configMaps}/${name}`);
  if (answer.status !== 200) return String(answer.status);
  return (answer.json() as ConfigMapList['items'][number]).data?.generation ?? '';
}

/** The store as it is now, without the keys by which servers say that they are there: those change by themselves. */
export async function readLasting(plane: ControlPlane): Promise<LiveKeys> {
  await using etcd = plane.openEtcd();
  const { keys } = await readLiveContent(etcd);
  return new Map([...keys].filter(([key]) => !isSignOfLife(Buffer.from(key, 'base64').toString())));
}

function isSignOfLife(key: string): boolean {
  return key.startsWith('/registry/masterleases/') || key.startsWith('/registry/leases/kube-system/');
}

/** Everything works again: etcd, the API server, and all containers of the four manifests. */
export async function allRuns(plane: ControlPlane): Promise<void> {
  await plane.etcdReady();
  await plane.apiReady();
  await eventually(60_000, 'all four containers run', async () => {
    const running = (await plane.runner.running()).map(({ container }) => container).sort();
    return running.length === 4 ? running : undefined;
  });
}

/** The one journal of recoveries that ended, as entries. */
export async function readClosedJournal(
  root: string,
  recoveryId: string,
): Promise<Record<string, unknown>[]> {
  const path = join(root, 'var/lib/holdfast/recover/closed', `${recoveryId}.jsonl`);
  const text = await readFile(path, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
