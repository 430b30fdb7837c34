import { randomUUID } from 'node:crypto';
import type { Peer } from '../../peers/index.ts';
import {
  type ControlPlane,
  type ControlPlaneLayout,
  type LayoutOptions,
  type StoredObjects,
  createAuthorities,
  kubeadmPorts,
  layOutControlPlane,
  loadObjects,
  sampleObjects,
  startControlPlane,
} from '../control-plane/index.ts';
import { patientElections } from '../etcd-cluster.ts';
import { tempDir } from '../temp-dir.ts';
import { eventually } from '../waiting.ts';
import type { LabHost } from './lab-host.ts';
import { type Machines, type MachinesOptions, buildMachines, nodeInHost } from './machines.ts';
import { type PortRelay, startPortRelay } from './port-relay.ts';
import { startSshd } from './sshd-in-host.ts';

export interface HostLabOptions
  extends Omit<MachinesOptions, 'boot'>,
    Pick<LayoutOptions, 'manifestsDir' | 'dataDir' | 'etcdArgs' | 'apiServerArgs'> {
  /** The etcd that the hosts run. */
  readonly etcd: Peer;
  /** Loaded once the cluster serves; a small cluster's by default. */
  readonly objects?: StoredObjects;
}

/**
 * Control-plane hosts that make one kubeadm cluster: the real sshd and etcd; stand-ins for the kubelet, the API
 * server, the controller manager and the scheduler.
 */
export interface HostLab extends Machines {
  /**
   * What was laid out in a host and runs there now; another one after each start of the host or its runner. Its URLs
   * lead there from this process's network; pids in its runner's events are the host's own.
   */
  controlPlane(name: string): ControlPlane;
  /** The UID of the cluster's kube-system namespace. */
  readonly clusterUid: string;
  /**
   * Ends a host's runner with all that it runs, by request or at once, and starts it again. (The runner of
   * `controlPlane(name)` is one that this process cannot signal: it has only a hold on the way in.)
   */
  restartRunner(name: string, how?: 'stop' | 'kill'): Promise<void>;
  /** Waits until etcd and the API server serve on these hosts, by default on all that are on. */
  ready(names?: readonly string[], timeoutMs?: number): Promise<void>;
}

/** Builds and starts it; resolves when every host's API server is ready. */
export async function startHostLab(options: HostLabOptions): Promise<HostLab> {
  await using starting = new AsyncDisposableStack();
  const clusterUid = randomUUID();
  const layouts = new Map<string, ControlPlaneLayout>();
  const running = new Map<string, ControlPlane>();
  const startPods = async (host: LabHost): Promise<void> => {
    running.set(host.name, await startPodsOf(host, layouts.get(host.name)!, clusterUid));
  };
  const machines = starting.use(await buildMachines({ ...options, boot: [startSshd, startPods] }));
  const relay = starting.use(await startPortRelay(machines.bastion));
  for (const layout of await layOut(machines, relay, options)) layouts.set(layout.nodeName, layout);

  const controlPlane = (name: string): ControlPlane => {
    const found = running.get(name);
    if (found === undefined) throw new Error(`${name} has not been started`);
    return found;
  };
  const restartRunner: HostLab['restartRunner'] = async (name, how = 'stop') => {
    await endRunner(machines.host(name), controlPlane(name), how);
    await startPods(machines.host(name));
  };
  const ready: HostLab['ready'] = async (names, timeoutMs = 120_000) => {
    const those = names ?? machines.hosts.filter((host) => host.on).map((host) => host.name);
    await Promise.all(those.map((name) => controlPlane(name).etcdReady(timeoutMs)));
    await Promise.all(those.map((name) => controlPlane(name).apiReady(timeoutMs)));
  };
  await Promise.all(machines.hosts.map((host) => host.start()));
  const first = controlPlane(machines.hosts[0]!.name);
  await first.etcdReady(120_000);
  {
    await using etcd = first.openEtcd();
    await loadObjects(etcd, options.objects ?? sampleObjects({ clusterUid, nodeName: first.nodeName }));
  }
  await ready();

  const taken = starting.move();
  const stop = () => taken.disposeAsync();
  return { ...machines, controlPlane, clusterUid, restartRunner, ready, stop, [Symbol.asyncDispose]: stop };
}

/** Writes every host's files. The layouts' URLs are those of the relay. */
async function layOut(
  machines: Machines,
  relay: PortRelay,
  { etcd, manifestsDir, dataDir, etcdArgs, apiServerArgs }: HostLabOptions,
): Promise<ControlPlaneLayout[]> {
  await using dir = await tempDir('lab-authorities');
  const authorities = await createAuthorities(dir.path);
  const nodes = machines.hosts.map(({ name, address }) => ({
    name,
    address,
    etcdPeerPort: kubeadmPorts.etcdPeer,
  }));
  const given = Object.entries({
    manifestsDir,
    dataDir,
    etcdArgs: [...patientElections, ...(etcdArgs ?? [])],
    apiServerArgs,
  });
  const more = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  return await Promise.all(
    machines.hosts.map(async ({ name, address, rootDir }) => {
      const plan = { root: rootDir, peer: etcd, nodeName: name, address, ports: kubeadmPorts };
      const layout = await layOutControlPlane({ ...plan, nodes, authorities, linkProc: false, ...more });
      return {
        ...layout,
        etcdUrl: `https://127.0.0.1:${await relay.forward(address, kubeadmPorts.etcdClient)}`,
        apiServerUrl: `https://127.0.0.1:${await relay.forward(address, kubeadmPorts.apiServer)}`,
      };
    }),
  );
}

function startPodsOf(host: LabHost, layout: ControlPlaneLayout, clusterUid: string): Promise<ControlPlane> {
  const options = {
    commandPrefix: host.enter,
    runnerRoot: '/',
    runnerName: 'kubelet',
    nodePath: nodeInHost,
  };
  return startControlPlane(layout, options, clusterUid);
}

async function endRunner(host: LabHost, { runner }: ControlPlane, how: 'stop' | 'kill'): Promise<void> {
  const pid = (await runner.events()).findLast(({ event }) => event === 'watching')?.pid;
  if (pid === undefined) throw new Error(`the runner of ${host.name} has not begun`);
  await host.mustRun(['kill', how === 'stop' ? '-TERM' : '-KILL', String(pid)]);
  await eventually(60_000, `the runner of ${host.name} has ended`, async () =>
    (await host.run(['test', '-e', `/proc/${pid}`])).exitCode === 0 ? undefined : true,
  );
}
