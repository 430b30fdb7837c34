import { isHoldfastError } from '../../base/index.ts';
import type { LocalHost } from '../../hosts/index.ts';
import { containerPathToHost, findContainer, parseFlags, parseStaticPod } from '../../kubernetes/index.ts';
import type { BundleFileKind } from '../../repository/index.ts';
import type { Discovery } from '../discover/index.ts';

/** A file that a control plane is started with, or a directory of such files. Host path. */
export interface WantedFile {
  readonly path: string;
  readonly kind: BundleFileKind;
  /** Take all files below it. */
  readonly isTree?: boolean;
}

export interface ControlPlaneFiles {
  /** In the order in which they matter. */
  readonly wanted: readonly WantedFile[];
  /** As the tag of the API server's image says it: `v1.31.4`. */
  readonly kubernetesVersion?: string;
}

/** Where installers put certificates and keys; `sa.key`, which signs the tokens of service accounts, is among them. */
const pkiDirectories = ['/etc/kubernetes/pki', '/etc/kubernetes/ssl'];

/** kubeadm keeps its configuration in the cluster; these are where it comes from, and what it gave the kubelet. */
const kubeadmFiles = [
  '/etc/kubernetes/kubeadm-config.yaml',
  '/etc/kubernetes/kubeadm.yaml',
  '/etc/kubeadm/kubeadm.yaml',
  '/run/kubeadm/kubeadm.yaml',
  '/var/lib/kubelet/kubeadm-flags.env',
];

/** Flags that name what a program writes. */
const outputs = /(^|-)log(-|$)|^data-dir$|^wal-dir$/;

const certificateName = /\.(crt|cer|key|pem|pub|p12|pfx)$/;

/**
 * Which files make the control-plane node: its manifests, what their programs are started with, certificates and keys,
 * the configuration of kubelet and kubeadm. Nothing is taken from other places.
 * Errors: FILE_NOT_READABLE.
 */
export async function findControlPlaneFiles(
  host: LocalHost,
  discovery: Discovery,
): Promise<ControlPlaneFiles> {
  const { staticPods, apiServer, etcd, kubelet } = discovery;
  const wanted: WantedFile[] = staticPods.map(({ file }) => ({ path: file, kind: 'manifest' }));
  if (apiServer?.encryptionProviderConfig !== undefined)
    wanted.push({ path: apiServer.encryptionProviderConfig, kind: 'encryption' });
  let kubernetesVersion: string | undefined;
  for (const { file, role } of staticPods) {
    if (role === 'other' || role === 'unreadable') continue;
    const program = await readProgram(host, file, role);
    wanted.push(...(program?.paths ?? []).map(asWanted));
    if (role === 'kube-apiserver') kubernetesVersion = versionOf(program?.image ?? '');
  }
  // One that is a service of the host has the host's paths.
  if (apiServer !== undefined && apiServer.manifest === undefined)
    wanted.push(...pathsOf(apiServer.argv).map(asWanted));
  wanted.push(...certificatePaths(discovery).map((path) => ({ path, kind: 'pki' }) as const));
  for (const path of pkiDirectories) wanted.push({ path, kind: 'pki', isTree: true });
  if (etcd?.configFile !== undefined) wanted.push({ path: etcd.configFile, kind: 'configuration' });
  for (const path of [kubelet?.configFile, ...(kubelet?.configDropIns ?? [])])
    if (path !== undefined) wanted.push({ path, kind: 'kubelet' });
  for (const path of kubeadmFiles) wanted.push({ path, kind: 'kubeadm' });
  return { wanted, ...(kubernetesVersion !== undefined && { kubernetesVersion }) };
}

function asWanted(path: string): WantedFile {
  const isPki =
    certificateName.test(path) || pkiDirectories.some((directory) => path.startsWith(`${directory}/`));
  return { path, kind: isPki ? 'pki' : 'configuration' };
}

/** The files that the flags of a manifest's program name, as host paths, and its image. */
async function readProgram(host: LocalHost, file: string, role: string) {
  try {
    const text = await host.readText(file);
    if (text === undefined) return undefined;
    const pod = parseStaticPod(text, file);
    const program = findContainer(pod, role);
    if (program === undefined) return undefined;
    const { container, argv } = program;
    const paths = pathsOf(argv.map(({ value }) => value)).flatMap(
      (path) => containerPathToHost(pod, container, path) ?? [],
    );
    return { image: container.image, paths };
  } catch (error) {
    // It was readable a moment ago, when it got its role; the manifest itself is taken along or told about.
    if (!isHoldfastError(error) || error.code === 'INTERRUPTED') throw error;
    return undefined;
  }
}

function pathsOf(argv: readonly string[]): string[] {
  return [...parseFlags(argv)]
    .filter(([name]) => !outputs.test(name))
    .flatMap(([, { all }]) => all)
    .filter((value) => value.startsWith('/'));
}

function certificatePaths({ etcd, certificates }: Discovery): string[] {
  const { caFile, certFile, keyFile, serverCertFile, serverKeyFile, trustedCaFile } = etcd ?? {};
  const { peerCertFile, peerKeyFile, peerCaFile } = etcd ?? {};
  return [
    ...[caFile, certFile, keyFile, serverCertFile, serverKeyFile, trustedCaFile],
    ...[peerCertFile, peerKeyFile, peerCaFile],
    ...certificates.flatMap((use) => [use.certFile, use.keyFile]),
  ].filter((path) => path !== undefined);
}

/** `registry.k8s.io/kube-apiserver:v1.31.4@sha256:…` is of `v1.31.4`. */
function versionOf(image: string): string | undefined {
  return /:(v?\d+\.\d+\.\d+[\w.+-]*)(@|$)/.exec(image)?.[1];
}
