import { generateKeyPairSync } from 'node:crypto';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Authority, type CertificateFiles, createAuthority, issueCertificate } from '../pki/index.ts';

/** The three authorities of a kubeadm cluster, whose keys exist only in memory. */
export interface Authorities {
  readonly kubernetes: Authority;
  readonly etcd: Authority;
  readonly frontProxy: Authority;
}

/** The certificates of one control-plane node, where kubeadm puts them. */
export interface KubeadmPki {
  readonly authorities: Authorities;
  /** `/etc/kubernetes/pki` of the node. */
  readonly directory: string;
  readonly caFile: string;
  readonly apiServer: CertificateFiles;
  readonly apiServerEtcdClient: CertificateFiles;
  readonly etcdCaFile: string;
  readonly etcdServer: CertificateFiles;
  readonly etcdPeer: CertificateFiles;
  readonly etcdHealthcheckClient: CertificateFiles;
  /** Clients of the API server, for kubeconfigs; they are in `<directory>/clients`, where kubeadm keeps none. */
  readonly admin: CertificateFiles;
  readonly controllerManager: CertificateFiles;
  readonly scheduler: CertificateFiles;
}

/** How long kubeadm's certificates are good for: ten years those of authorities, one year all others. */
const yearMs = 365 * 24 * 3600_000;
const inYears = (years: number) => new Date(Date.now() + years * yearMs);

/** Authorities for the nodes of one cluster; their certificates go into `directory`. */
export async function createAuthorities(directory: string): Promise<Authorities> {
  const create = (name: string) => createAuthority(directory, name, inYears(10));
  return {
    kubernetes: await create('kubernetes-ca'),
    etcd: await create('etcd-ca'),
    frontProxy: await create('front-proxy-ca'),
  };
}

/** Issues everything that a node needs into its `/etc/kubernetes/pki`. */
export async function createKubeadmPki(
  authorities: Authorities,
  directory: string,
  node: { readonly name: string; readonly address: string },
): Promise<KubeadmPki> {
  const etcdDirectory = join(directory, 'etcd');
  const clients = join(directory, 'clients');
  for (const path of [directory, etcdDirectory, clients]) await mkdir(path, { recursive: true, mode: 0o755 });
  const caFile = join(directory, 'ca.crt');
  const etcdCaFile = join(etcdDirectory, 'ca.crt');
  await copyFile(authorities.kubernetes.caFile, caFile);
  await copyFile(authorities.etcd.caFile, etcdCaFile);
  await copyFile(authorities.frontProxy.caFile, join(directory, 'front-proxy-ca.crt'));
  await writeServiceAccountKeys(directory);
  const hosts = [...new Set([node.name, 'localhost', node.address, '127.0.0.1', '::1'])];
  const services = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', '10.96.0.1'];
  const issue = (authority: Authority, into: string, name: string, more: object = {}) =>
    issueCertificate({ ...authority, directory: into }, { name, notAfter: inYears(1), ...more });
  const { kubernetes, etcd, frontProxy } = authorities;
  await issue(kubernetes, directory, 'apiserver-kubelet-client', {
    commonName: 'kube-apiserver-kubelet-client',
  });
  await issue(frontProxy, directory, 'front-proxy-client', { commonName: 'front-proxy-client' });
  return {
    authorities,
    directory,
    caFile,
    etcdCaFile,
    apiServer: await issue(kubernetes, directory, 'apiserver', {
      commonName: 'kube-apiserver',
      hosts: [...services, ...hosts],
    }),
    apiServerEtcdClient: await issue(etcd, directory, 'apiserver-etcd-client', {
      commonName: 'kube-apiserver-etcd-client',
    }),
    etcdServer: await issue(etcd, etcdDirectory, 'server', { commonName: node.name, hosts }),
    etcdPeer: await issue(etcd, etcdDirectory, 'peer', { commonName: node.name, hosts }),
    etcdHealthcheckClient: await issue(etcd, etcdDirectory, 'healthcheck-client', {
      commonName: 'kube-etcd-healthcheck-client',
    }),
    admin: await issue(kubernetes, clients, 'admin', { commonName: 'kubernetes-admin' }),
    controllerManager: await issue(kubernetes, clients, 'controller-manager', {
      commonName: 'system:kube-controller-manager',
    }),
    scheduler: await issue(kubernetes, clients, 'scheduler', { commonName: 'system:kube-scheduler' }),
  };
}

/** Nobody here signs tokens; the manifests name these files. */
async function writeServiceAccountKeys(directory: string): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  await writeFile(join(directory, 'sa.pub'), publicKey, { mode: 0o600 });
  await writeFile(join(directory, 'sa.key'), privateKey, { mode: 0o600 });
}
