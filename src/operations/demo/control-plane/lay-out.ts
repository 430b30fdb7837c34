import { randomUUID } from 'node:crypto';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../../../base/index.ts';
import { freePorts } from '../../../hosts/index.ts';
import type { CertificateFiles } from '../pki/index.ts';
import type { ControlPlanePorts, NodeLayout, NodeLayoutOptions } from './node-layout.ts';
import {
  apiServerManifest,
  controllerManagerManifest,
  etcdManifest,
  hostPort,
  kubeconfigText,
  kubeletConfigText,
  type ManifestFacts,
  schedulerManifest,
} from './kubeadm-manifests.ts';
import { createAuthorities, createKubeadmPki, type KubeadmPki } from './kubeadm-pki.ts';

/** Where kubeadm's programs listen, for a node that has a network namespace of its own. */
export const kubeadmPorts: ControlPlanePorts = {
  etcdClient: 2379,
  etcdPeer: 2380,
  etcdMetrics: 2381,
  apiServer: 6443,
  controllerManager: 10257,
  scheduler: 10259,
};

/** Writes a kubeadm control-plane node's files under `root`, with nothing running yet and no data. */
export async function layOutNode(options: NodeLayoutOptions): Promise<NodeLayout> {
  const { root, etcdVersion, nodeName = 'cp1', address = '127.0.0.1' } = options;
  const hostPaths = {
    manifestsDir: options.manifestsDir ?? '/etc/kubernetes/manifests',
    dataDir: options.dataDir ?? '/var/lib/etcd',
    kubeletConfigFile: '/var/lib/kubelet/config.yaml',
  };
  const ports = await choosePorts(options.ports);
  const nodes = options.nodes ?? [{ name: nodeName, address, etcdPeerPort: ports.etcdPeer }];
  const local = (hostPath: string) => join(root, hostPath);
  for (const path of ['/etc/kubernetes', '/var/lib/kubelet', '/run', '/tmp', hostPaths.manifestsDir]) {
    await mkdir(local(path), { recursive: true, mode: 0o755 });
  }
  if (options.linkProc !== false) await linkProc(join(root, 'proc'));
  const authorities = options.authorities ?? (await createAuthorities(local('/root/authorities')));
  const pki = await createKubeadmPki(authorities, local('/etc/kubernetes/pki'), { name: nodeName, address });
  const apiServerUrl = `https://${hostPort(address, ports.apiServer)}`;
  await writeKubeconfigs(pki, local('/etc/kubernetes'), apiServerUrl);
  await writeFile(local(hostPaths.kubeletConfigFile), kubeletConfigText(hostPaths.manifestsDir));
  const manifestsDir = local(hostPaths.manifestsDir);
  await writeManifests(manifestsDir, {
    nodeName,
    address,
    ports,
    nodes,
    etcdVersion,
    dataDir: hostPaths.dataDir,
    etcdArgs: options.etcdArgs ?? [],
    apiServerArgs: options.apiServerArgs ?? [],
    clusterName: `kubernetes-${randomUUID().slice(0, 8)}`,
  });
  return {
    root,
    nodeName,
    address,
    ports,
    nodes,
    pki,
    kubeletConfigFile: local(hostPaths.kubeletConfigFile),
    manifestsDir,
    manifests: manifestPaths(manifestsDir),
    dataDir: local(hostPaths.dataDir),
    adminConf: local('/etc/kubernetes/admin.conf'),
    etcdUrl: `https://${hostPort(address, ports.etcdClient)}`,
    apiServerUrl,
    hostPaths,
  };
}

async function choosePorts(given: Partial<ControlPlanePorts> = {}): Promise<ControlPlanePorts> {
  const names = Object.keys(kubeadmPorts) as (keyof ControlPlanePorts)[];
  const missing = names.filter((name) => given[name] === undefined);
  const chosen = await freePorts(missing.length);
  return {
    ...kubeadmPorts,
    ...given,
    ...Object.fromEntries(missing.map((name, index) => [name, chosen[index]!])),
  };
}

/** The sandbox's processes are this machine's. */
async function linkProc(path: string): Promise<void> {
  await symlink('/proc', path).catch((error: unknown) => {
    if (errnoOf(error) !== 'EEXIST') throw error;
  });
}

async function writeKubeconfigs(pki: KubeadmPki, directory: string, server: string): Promise<void> {
  const users: readonly (readonly [string, string, CertificateFiles])[] = [
    ['admin.conf', 'kubernetes-admin', pki.admin],
    ['controller-manager.conf', 'system:kube-controller-manager', pki.controllerManager],
    ['scheduler.conf', 'system:kube-scheduler', pki.scheduler],
  ];
  const ca = await readFile(pki.caFile, 'utf8');
  for (const [file, user, { certFile, keyFile }] of users) {
    const pem = { ca, cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
    await writeFile(join(directory, file), kubeconfigText(server, user, pem), { mode: 0o600 });
  }
}

async function writeManifests(directory: string, facts: ManifestFacts): Promise<void> {
  const paths = manifestPaths(directory);
  const texts: readonly (readonly [string, string])[] = [
    [paths.etcd, etcdManifest(facts)],
    [paths.apiServer, apiServerManifest(facts)],
    [paths.controllerManager, controllerManagerManifest(facts)],
    [paths.scheduler, schedulerManifest(facts)],
  ];
  for (const [path, text] of texts) await writeFile(path, text, { mode: 0o600 });
}

function manifestPaths(directory: string): NodeLayout['manifests'] {
  return {
    etcd: join(directory, 'etcd.yaml'),
    apiServer: join(directory, 'kube-apiserver.yaml'),
    controllerManager: join(directory, 'kube-controller-manager.yaml'),
    scheduler: join(directory, 'kube-scheduler.yaml'),
  };
}
