import { HoldfastError, type OperationContext, throwIfInterrupted } from '../../base/index.ts';
import { type HostProcess, type LocalHost, openLocalHost } from '../../hosts/index.ts';
import { apiServerOfManifest, type ApiServerProgram, findApiServer, readApiServer } from './api-server.ts';
import { askLive } from './ask-live.ts';
import { CertificateReader } from './certificates.ts';
import type {
  ApiServerInstallation,
  DiscoverOptions,
  Discovery,
  EtcdInstallation,
  KubeletInstallation,
  Layout,
} from './discovery.ts';
import { chooseEndpoint } from './endpoints.ts';
import { type EtcdProgram, type EtcdSetup, readEtcdProgram } from './etcd-program.ts';
import { FactRecord } from './fact-record.ts';
import { findKubelet } from './kubelet.ts';
import { embeddedEtcd, findRancherServer, type RancherServer } from './rancher-etcd.ts';
import { findProcessEtcd, findServiceEtcd } from './service-etcd.ts';
import { etcdOfManifest } from './static-pod-etcd.ts';
import { manifestOf, type ReadManifest, readManifests } from './static-pods.ts';
import { findTrust, type Trust } from './trust.ts';

/**
 * Finds the etcd of a host and says how each fact is known. It reads files and processes, and asks etcd itself unless
 * `offline`; it changes nothing, and what etcd does not answer is a gap in the result, not a failure.
 *
 * Errors: ETCD_NOT_FOUND (unless `allowNone`), ETCD_AMBIGUOUS, FILE_NOT_READABLE, CONFIG_FILE_INVALID, INTERRUPTED.
 */
export async function discover(options: DiscoverOptions, ctx: OperationContext): Promise<Discovery> {
  const host = openLocalHost(options.root === undefined ? {} : { root: options.root });
  const facts = new FactRecord();
  const scene = await readScene(host, options, facts);
  throwIfInterrupted(ctx.signal);
  const program = await findProgram(host, scene, facts);
  const found =
    program === undefined
      ? await readExternal(host, scene, facts, ctx)
      : await readMember(host, scene, program, facts, ctx);
  if (found === undefined && options.allowNone !== true) throw notFound(facts);
  const mayAsk = found !== undefined && options.offline !== true && found.etcd.endpoints.length > 0;
  const live = mayAsk ? await askLive(host, found.etcd, options, ctx) : undefined;
  return {
    root: host.root,
    layout: found === undefined ? 'none' : layoutOf(found.etcd, scene.rancher),
    ...(scene.manifestsDir === undefined ? {} : { manifestsDir: scene.manifestsDir }),
    ...(scene.kubelet === undefined ? {} : { kubelet: scene.kubelet }),
    ...(found === undefined ? {} : { etcd: found.etcd }),
    ...(scene.apiServer === undefined ? {} : { apiServer: scene.apiServer }),
    staticPods: scene.manifests.map(({ file, role, podName }) => ({
      file,
      role,
      ...(podName === undefined ? {} : { podName }),
    })),
    certificates: found?.trust.certificates ?? [],
    ...(live === undefined ? {} : { live }),
    evidence: facts.evidence,
    findings: facts.findings,
  };
}

/** What the host is, before etcd is looked for. */
interface Scene {
  readonly processes: readonly HostProcess[];
  readonly kubelet?: KubeletInstallation;
  readonly manifestsDir?: string;
  readonly manifests: readonly ReadManifest[];
  readonly rancher?: RancherServer;
  readonly apiServer?: ApiServerInstallation;
}

async function readScene(host: LocalHost, options: DiscoverOptions, facts: FactRecord): Promise<Scene> {
  const processes = await host.processes();
  if (options.manifestsDir !== undefined)
    facts.note('manifestsDir', { source: 'flag', where: 'given', reliability: 'sure' });
  const rancher = await findRancherServer(host, processes);
  const { kubelet, manifestsDir } = await findKubelet(host, processes, facts, {
    ...(options.manifestsDir === undefined ? {} : { given: options.manifestsDir }),
    ...(rancher === undefined ? {} : { rancher }),
  });
  const manifests = manifestsDir === undefined ? [] : await readManifests(host, manifestsDir, facts);
  const apiManifest = manifestOf(manifests, 'kube-apiserver');
  const apiProgram: ApiServerProgram | undefined =
    apiManifest === undefined ? await findApiServer(host, processes) : apiServerOfManifest(apiManifest);
  return {
    processes,
    manifests,
    ...(kubelet === undefined ? {} : { kubelet }),
    ...(manifestsDir === undefined ? {} : { manifestsDir }),
    ...(rancher === undefined ? {} : { rancher }),
    ...(apiProgram === undefined ? {} : { apiServer: readApiServer(apiProgram, facts) }),
  };
}

/** The etcd that runs on this host, by the surest sign first. Errors: ETCD_AMBIGUOUS. */
async function findProgram(
  host: LocalHost,
  { manifests, manifestsDir, processes, rancher, apiServer }: Scene,
  facts: FactRecord,
): Promise<EtcdProgram | undefined> {
  const manifest = manifestOf(manifests, 'etcd');
  if (manifest !== undefined) return await etcdOfManifest(host, manifest, processes, facts);
  if (manifestsDir !== undefined) facts.notThere(`no container runs it in ${manifestsDir}`);
  const embedded = rancher === undefined ? undefined : await embeddedEtcd(host, rancher, facts);
  const service = embedded ?? (await findServiceEtcd(host, processes, facts));
  if (service !== undefined) return service;
  // An API server that goes elsewhere says more than an etcd that happens to run here.
  const servers = apiServer?.etcdServers ?? [];
  const isElsewhere = servers.length > 0 && !servers.some((url) => /\/\/(127\.|localhost|\[::1\])/.test(url));
  return isElsewhere ? undefined : await findProcessEtcd(host, processes, facts);
}

interface Found {
  readonly etcd: EtcdInstallation;
  readonly trust: Trust;
}

async function readMember(
  host: LocalHost,
  { apiServer }: Scene,
  program: EtcdProgram,
  facts: FactRecord,
  ctx: OperationContext,
): Promise<Found> {
  const setup = await readEtcdProgram(host, program, facts);
  const nowMs = ctx.clock.now();
  const reader = new CertificateReader(host, facts, nowMs);
  const endpoints = await endpointsOf(setup, reader, facts);
  const isTls = endpoints.some((endpoint) => endpoint.startsWith('https:'));
  const environment = Object.fromEntries(
    Object.entries(program.env).map(([name, word]) => [name, typeof word === 'string' ? word : word.value]),
  );
  const trust: Trust = isTls
    ? await findTrust(host, reader, { setup, apiServer, environment, nowMs }, facts)
    : { certificates: [] };
  if (setup.initialClusterToken === 'k8s_etcd')
    facts.find('ok', 'kubespray', 'kubespray laid out this etcd (its cluster token is k8s_etcd)');
  return { etcd: { ...setup, endpoints, ...withoutCertificates(trust) }, trust };
}

async function endpointsOf(
  setup: EtcdSetup,
  reader: CertificateReader,
  facts: FactRecord,
): Promise<string[]> {
  const { listenClientUrls, advertiseClientUrls, serverCertFile } = setup;
  const certificate = serverCertFile === undefined ? undefined : await reader.report(serverCertFile);
  const choice = chooseEndpoint(listenClientUrls, advertiseClientUrls, certificate);
  if (choice === undefined) {
    const urls = listenClientUrls.join(',');
    facts.find('warn', 'endpoint-unknown', `no client URL of etcd can be dialled: ${urls}`);
    return [];
  }
  const source = facts.evidence['etcd.listenClientUrls'];
  facts.note('etcd.endpoints', {
    ...(source ?? { source: 'default', reliability: 'likely' }),
    where: `${source?.where ?? "etcd's default"}: ${choice.reason}`,
  });
  if (choice.isNamed === false)
    facts.find(
      'warn',
      'certificate-names-other-hosts',
      `the certificate of the server names no host that it listens on (${serverCertFile!})`,
      { path: serverCertFile! },
    );
  return [choice.endpoint];
}

function withoutCertificates({ caFile, certFile, keyFile }: Trust): Omit<Trust, 'certificates'> {
  return {
    ...(caFile === undefined ? {} : { caFile }),
    ...(certFile === undefined ? {} : { certFile }),
    ...(keyFile === undefined ? {} : { keyFile }),
  };
}

/** No etcd here: the one that the API server uses. */
async function readExternal(
  host: LocalHost,
  { apiServer }: Scene,
  facts: FactRecord,
  ctx: OperationContext,
): Promise<Found | undefined> {
  if (apiServer === undefined || apiServer.etcdServers.length === 0) {
    facts.notThere('no API server names one');
    return undefined;
  }
  const nowMs = ctx.clock.now();
  const reader = new CertificateReader(host, facts, nowMs);
  const isTls = apiServer.etcdServers.some((url) => url.startsWith('https:'));
  const sources = { setup: {}, apiServer, environment: {}, nowMs };
  const trust: Trust = isTls ? await findTrust(host, reader, sources, facts) : { certificates: [] };
  const source = facts.evidence['apiServer.etcdServers'];
  if (source !== undefined) facts.note('etcd.endpoints', source);
  const etcd: EtcdInstallation = {
    runsAs: 'external',
    endpoints: apiServer.etcdServers,
    ...withoutCertificates(trust),
    initialAdvertisePeerUrls: [],
    listenClientUrls: [],
    advertiseClientUrls: [],
    argv: [],
  };
  return { etcd, trust };
}

function layoutOf({ runsAs, manifest }: EtcdInstallation, rancher: RancherServer | undefined): Layout {
  if (rancher !== undefined && runsAs === 'embedded') return rancher.kind;
  if (rancher !== undefined && manifest?.startsWith(`${rancher.dataDir}/`) === true) return rancher.kind;
  return runsAs === 'embedded' ? 'k3s' : runsAs;
}

function notFound(facts: FactRecord): HoldfastError {
  const places = [...new Set(facts.lookedFor)];
  return new HoldfastError('ETCD_NOT_FOUND', `no etcd was found on this host: ${places.join('; ')}`, {
    details: { places },
  });
}
