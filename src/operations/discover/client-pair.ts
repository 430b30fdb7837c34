/** Which certificate and key a client of a found etcd takes, and why. */
import { dirname } from 'node:path/posix';
import type { LocalHost } from '../../hosts/index.ts';
import { type CertificateReader, unfitForClient } from './certificates.ts';
import type { ApiServerInstallation, CertificateUse, Evidence } from './discovery.ts';
import type { EtcdSetup } from './etcd-program.ts';

/** A pair that a client could use. */
export interface ClientPair {
  readonly use: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Taken on trust when its files cannot be read: something here is configured with it. */
  readonly isConfigured: boolean;
}

export interface PairChoice {
  readonly pair: ClientPair;
  /** In words: why this one. */
  readonly reason: string;
  readonly reliability: Evidence['reliability'];
}

export interface PairSources {
  readonly setup: Partial<EtcdSetup>;
  readonly apiServer?: ApiServerInstallation | undefined;
  /** Variables of the service: some installers put etcdctl's beside etcd's. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** All pairs that may serve, the one that is made for it first. Existing files only, besides what is configured. */
export async function clientPairs(
  host: LocalHost,
  reader: CertificateReader,
  { setup, apiServer, environment = {} }: PairSources,
): Promise<ClientPair[]> {
  const pairs: ClientPair[] = [];
  const add = (
    use: string,
    certFile: string | undefined,
    keyFile: string | undefined,
    isConfigured = false,
  ) => {
    if (certFile === undefined || keyFile === undefined) return;
    if (!pairs.some((pair) => pair.certFile === certFile))
      pairs.push({ use, certFile, keyFile, isConfigured });
  };
  add("the service's own etcdctl settings", environment['ETCDCTL_CERT'], environment['ETCDCTL_KEY']);
  const known = [setup.trustedCaFile, setup.serverCertFile].filter((file) => file !== undefined);
  for (const directory of new Set(known.map((file) => dirname(file))))
    for (const [use, cert, key] of await pairsIn(host, directory))
      if (await reader.exists(`${directory}/${cert}`))
        add(use, `${directory}/${cert}`, `${directory}/${key}`);
  add("the API server's etcd client", apiServer?.etcdCertFile, apiServer?.etcdKeyFile, true);
  add("etcd's own server pair", setup.serverCertFile, setup.serverKeyFile, true);
  return pairs;
}

/**
 * Pairs that installers make for clients, beside the files of the server: kubeadm's health check
 * (cmd/kubeadm/app/constants), k3s and rke2 (pkg/daemons/control/deps), kubespray's admin of a host
 * (roles/etcd/templates/make-ssl-etcd.sh.j2).
 */
async function pairsIn(
  host: LocalHost,
  directory: string,
): Promise<(readonly [use: string, cert: string, key: string])[]> {
  const names = (await host.list(directory)) ?? [];
  const admins = names.filter((name) => /^admin-.*\.pem$/.test(name) && !name.endsWith('-key.pem'));
  return [
    ["kubeadm's health check client", 'healthcheck-client.crt', 'healthcheck-client.key'],
    ['the etcd client of k3s and rke2', 'client.crt', 'client.key'],
    ...admins.map((name) => ["kubespray's admin", name, name.replace(/\.pem$/, '-key.pem')] as const),
  ];
}

/** The first pair that etcd accepts; without one, the first that something here is configured with. */
export function choosePair(
  pairs: readonly ClientPair[],
  uses: ReadonlyMap<string, CertificateUse>,
  nowMs: number,
): PairChoice | undefined {
  const passedOver: string[] = [];
  for (const pair of pairs) {
    const use = uses.get(pair.certFile);
    const problem = use === undefined ? 'it cannot be read' : unfitForClient(use, nowMs);
    if (problem === undefined)
      return { pair, reason: [pair.use, ...passedOver].join('; '), reliability: 'sure' };
    passedOver.push(`not ${pair.use}, ${problem}`);
  }
  const readable = pairs.find(({ certFile }) => uses.has(certFile));
  const pair = readable ?? pairs.find(({ isConfigured }) => isConfigured);
  if (pair === undefined) return undefined;
  return { pair, reason: `${pair.use}, though no pair is sound`, reliability: 'guess' };
}
