import { parse } from 'yaml';
import type { ApiCredentials } from './api-connection.ts';

interface Kubeconfig {
  readonly clusters: readonly { cluster: { server: string; 'certificate-authority-data': string } }[];
  readonly users: readonly { user: { 'client-certificate-data': string; 'client-key-data': string } }[];
}

/** The one cluster and user of a kubeconfig that holds its certificates itself, as kubeadm's do. */
export function readKubeconfig(text: string): ApiCredentials {
  const { clusters, users } = parse(text) as Kubeconfig;
  const { cluster } = clusters[0]!;
  const { user } = users[0]!;
  const pem = (data: string) => Buffer.from(data, 'base64').toString();
  return {
    server: cluster.server,
    ca: pem(cluster['certificate-authority-data']),
    cert: pem(user['client-certificate-data']),
    key: pem(user['client-key-data']),
  };
}
