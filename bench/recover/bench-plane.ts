/** The control plane that is recovered: its etcd runs on the data that is measured, beside some objects. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Peer } from '../../test/peers/index.ts';
import {
  type ControlPlane,
  layOutControlPlane,
  loadObjects,
  sampleObjects,
  startControlPlane,
} from '../../test/support/control-plane/index.ts';
import { mustRun } from '../../test/support/run-command.ts';
import { eventually } from '../../test/support/waiting.ts';

export interface BenchPlane extends AsyncDisposable {
  readonly plane: ControlPlane;
  /** Saved from it; holds generation 1 of what `changeObjects` changes. */
  readonly snapshot: string;
  /** Flags of etcdutl that restore the one member of this cluster. */
  readonly memberFlags: readonly string[];
  /** Flags of etcdctl that reach it. */
  readonly clientFlags: readonly string[];
}

const longMs = 600_000;

/** @param dataset a snapshot whose keys lie outside of what the API server keeps in memory */
export async function openBenchPlane(
  directory: string,
  peer: Peer,
  etcdutl: string,
  dataset: string,
): Promise<BenchPlane> {
  const layout = await layOutControlPlane({
    root: join(directory, 'root'),
    peer,
    etcdArgs: ['--quota-backend-bytes=8589934592'],
  });
  const memberFlags = memberFlagsOf(await readFile(layout.manifests.etcd, 'utf8'));
  await mustRun(etcdutl, ['snapshot', 'restore', dataset, `--data-dir=${layout.dataDir}`, ...memberFlags], {
    timeoutMs: longMs,
  });
  const plane = await startControlPlane(layout);
  try {
    await plane.etcdReady(longMs);
    await using etcd = plane.openEtcd();
    await loadObjects(etcd, sampleObjects({ clusterUid: plane.clusterUid }));
    await plane.apiReady(longMs);
    const { certFile, keyFile } = plane.pki.apiServerEtcdClient;
    const tls = [`--cacert=${plane.pki.etcdCaFile}`, `--cert=${certFile}`, `--key=${keyFile}`];
    const clientFlags = [`--endpoints=${plane.etcdUrl}`, ...tls];
    const snapshot = join(directory, 'snapshot.db');
    await mustRun(peer.etcdctl, [...clientFlags, 'snapshot', 'save', snapshot], {
      timeoutMs: longMs,
      env: { ETCDCTL_API: '3' },
    });
    return {
      plane,
      snapshot,
      memberFlags,
      clientFlags,
      [Symbol.asyncDispose]: () => plane[Symbol.asyncDispose](),
    };
  } catch (error) {
    await plane[Symbol.asyncDispose]();
    throw error;
  }
}

/** A restored member has to have the name and the peer URLs that the manifest gives it. */
function memberFlagsOf(manifest: string): string[] {
  const names = ['name', 'initial-cluster', 'initial-advertise-peer-urls'];
  return names.map((name) => {
    const flag = new RegExp(`- (--${name}=\\S+)`).exec(manifest)?.[1];
    if (flag === undefined) throw new Error(`the manifest has no --${name}`);
    return flag;
  });
}

const changed = '/api/v1/namespaces/shop/configmaps/app-config-00';

/** Something to take back. */
export async function changeObjects(plane: ControlPlane): Promise<void> {
  using api = plane.openApi();
  const { status, text } = await api.request('PUT', changed, { data: { generation: '2' } });
  if (status >= 300) throw new Error(`PUT ${changed}: ${status} ${text}`);
}

/** What the API server's cache shows of it: `1` after a recovery that has reached everyone. */
export async function shownGeneration(plane: ControlPlane): Promise<string> {
  using api = plane.openApi();
  const list = await api.get('/api/v1/namespaces/shop/configmaps?resourceVersion=0');
  const { items } = list.json() as {
    items: { metadata: { name: string }; data?: { generation?: string } }[];
  };
  return items.find(({ metadata }) => metadata.name === basename(changed))?.data?.generation ?? 'none';
}

/** Removes what earlier runs kept beside the data dir, and lets etcd and the disk come to rest. */
export async function tidy(plane: ControlPlane): Promise<void> {
  const { dataDir } = plane;
  const parent = dirname(dataDir);
  for (const name of await readdir(parent))
    if (name.startsWith(`${basename(dataDir)}.`) && !name.endsWith('.json'))
      await rm(join(parent, name), { recursive: true });
  await etcdAtRest(plane);
  await mustRun('sync', [], { timeoutMs: longMs });
}

/** A restore with a raised revision leaves etcd to compact everything once it has started, beside whoever comes next. */
async function etcdAtRest({ runner }: ControlPlane): Promise<void> {
  await eventually(longMs, 'etcd is at rest', async () => {
    const etcd = (await runner.running()).find(({ container }) => container === 'etcd');
    if (etcd === undefined) return undefined;
    const before = await processorTicks(etcd.pid);
    await delay(2000);
    return (await processorTicks(etcd.pid)) - before < restTicks ? true : undefined;
  });
}

/** Of 10 ms each, in two seconds. */
const restTicks = 20;

/** User and system time of a process: the fields 14 and 15, behind a name that may have spaces. */
async function processorTicks(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
