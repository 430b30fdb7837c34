import { basename, dirname, join, relative } from 'node:path';
import { HoldfastError } from '../../../base/index.ts';
import { editDataDir } from '../../../kubernetes/index.ts';
import type { EtcdInstallation } from '../../discover/index.ts';
import {
  type DataDirPlace,
  type HostFacts,
  isKnown,
  knownMemberIds,
  type ManifestFacts,
} from '../host/index.ts';
import { defaultWaitTimeoutMs, type RecoverOptions } from '../recover-options.ts';
import { apiServerUrl } from '../verify/index.ts';
import { planRevision } from './revision-target.ts';
import type {
  HostPlan,
  PlannedApiServer,
  PlannedManifest,
  PlannedMember,
  PlannedSwap,
  RecoveryPlan,
} from '../plan/index.ts';
import type { SnapshotFacts } from './snapshot-facts.ts';

export interface PlanInput {
  readonly snapshot: SnapshotFacts;
  readonly hosts: readonly HostFacts[];
  readonly options: RecoverOptions;
  readonly id: string;
  readonly nowMs: number;
}

/**
 * Decides everything: names, places, revisions, edits. Errors: RECOVERY_UNSUPPORTED (a host whose etcd is no static
 * pod, or whose manifest does not say enough), MANIFEST_EDIT_REFUSED.
 */
export function buildRecoveryPlan(input: PlanInput): RecoveryPlan {
  const { snapshot, hosts, options, id, nowMs } = input;
  const plans = hosts.map((facts) => planHost(facts, input));
  const members = plans.map(({ member }) => member);
  return {
    id,
    createdAtMs: nowMs,
    snapshot: {
      path: snapshot.path,
      ...(options.backup !== undefined && { backup: options.backup }),
      sizeBytes: snapshot.sizeBytes,
      sha256: snapshot.sha256,
      skipDigest: options.skipHashCheck ?? false,
      revision: snapshot.revision,
      keyCount: snapshot.keyCount,
    },
    cluster: { initialCluster: formatInitialCluster(members), token: `holdfast-${id}`, members },
    revision: planRevision(snapshot.revision, hosts, options.bumpRevision),
    nodes: compareNodes(snapshot, hosts),
    sanitize: options.sanitize ?? false,
    waitTimeoutMs: options.waitTimeoutMs ?? defaultWaitTimeoutMs,
    hosts: plans,
  };
}

/** Nothing is known when no old data can be read. */
function compareNodes({ nodeNames }: SnapshotFacts, hosts: readonly HostFacts[]): RecoveryPlan['nodes'] {
  const content = hosts.map(({ dataDir }) => dataDir?.content).find(isKnown);
  if (content === undefined) return { joinedSince: [], leftSince: [] };
  const [before, now] = [new Set(nodeNames), new Set(content.nodeNames)];
  return {
    joinedSince: content.nodeNames.filter((name) => !before.has(name)),
    leftSince: nodeNames.filter((name) => !now.has(name)),
  };
}

function planHost(facts: HostFacts, { options, id }: PlanInput): HostPlan {
  const { discovery } = facts;
  const { etcd, place, manifestsDir } = requireStaticPod(facts);
  const dataDir = options.dataDir ?? place.path;
  const mode = dataDir === place.path ? 'replace' : 'new-data-dir';
  if (mode === 'new-data-dir' && place.walDir !== undefined)
    throw unsupported(facts, 'its log is in a directory of its own, so that a new data dir is not enough');
  const fenceDir = join(dirname(manifestsDir), `holdfast-recover-${id}`);
  return {
    host: facts.host,
    member: memberOf(facts, etcd),
    mode,
    formerMemberIds: [...knownMemberIds(facts)],
    oldDataDir: place.path,
    dataDir,
    walDir: place.walDir,
    ...planSwaps(place, dataDir, id),
    owner: place.owner,
    fenceDir,
    manifests: facts.manifests.map((manifest) => planManifest(manifest, fenceDir, place.path, dataDir)),
    etcd: {
      endpoints: etcd.endpoints,
      caFile: etcd.caFile,
      certFile: etcd.certFile,
      keyFile: etcd.keyFile,
    },
    apiServer: planApiServer(facts),
    before: { etcdHealthy: discovery.live?.healthy ?? false, apiServerReady: facts.apiServerReady },
    kubeletUnit: facts.kubeletUnit,
  };
}

function requireStaticPod(facts: HostFacts): {
  readonly etcd: EtcdInstallation;
  readonly place: DataDirPlace;
  readonly manifestsDir: string;
} {
  const { discovery, dataDir: place } = facts;
  const { etcd, manifestsDir } = discovery;
  if (etcd === undefined || etcd.runsAs !== 'static-pod' || manifestsDir === undefined)
    throw unsupported(facts, `etcd does not run as a static pod here (found: ${discovery.layout})`);
  if (place === undefined)
    throw unsupported(facts, `${etcd.manifest ?? 'the manifest'} names no data dir on the host`);
  return { etcd, place, manifestsDir };
}

/** A member is restored under the name and at the peer URLs that its manifest gives it. */
function memberOf(facts: HostFacts, etcd: EtcdInstallation): PlannedMember {
  if (etcd.initialAdvertisePeerUrls.length === 0)
    throw unsupported(facts, `${etcd.manifest ?? 'the manifest'} has no --initial-advertise-peer-urls`);
  return { name: etcd.name ?? 'default', peerUrls: etcd.initialAdvertisePeerUrls };
}

/** A mount point cannot be renamed: what is in it is. */
function planSwaps(
  place: DataDirPlace,
  dataDir: string,
  id: string,
): Pick<HostPlan, 'stagedDataDir' | 'stagedWalDir' | 'swaps'> {
  const replaces = dataDir === place.path;
  const isInside = replaces && place.isMountPoint;
  const stagedDataDir = isInside
    ? join(dataDir, `.holdfast-recover-${id}`)
    : join(dirname(dataDir), `${basename(dataDir)}.staged-${id}`);
  const hasOld = replaces && place.content !== undefined;
  const swap: PlannedSwap = isInside
    ? {
        live: join(dataDir, 'member'),
        staged: join(stagedDataDir, 'member'),
        kept: hasOld ? join(dataDir, `member.before-${id}`) : undefined,
      }
    : {
        live: dataDir,
        staged: stagedDataDir,
        kept: replaces && place.exists ? `${dataDir}.before-${id}` : undefined,
      };
  const { walDir } = place;
  if (walDir === undefined) return { stagedDataDir, stagedWalDir: undefined, swaps: [swap] };
  const below = relative(dataDir, walDir);
  const isNested = below !== '..' && !below.startsWith('../');
  const stagedWalDir = isNested ? join(stagedDataDir, below) : `${walDir}.staged-${id}`;
  // A log below a data dir that is renamed goes along with it.
  if (isNested && !isInside) return { stagedDataDir, stagedWalDir, swaps: [swap] };
  const kept = place.walDirExists ? `${walDir}.before-${id}` : undefined;
  return { stagedDataDir, stagedWalDir, swaps: [swap, { live: walDir, staged: stagedWalDir, kept }] };
}

function planManifest(
  { role, file, text, process }: ManifestFacts,
  fenceDir: string,
  oldDataDir: string,
  dataDir: string,
): PlannedManifest {
  const fencedFile = join(fenceDir, basename(file));
  const plain = { role, file, fencedFile, process };
  if (role !== 'etcd' || oldDataDir === dataDir)
    return { ...plain, editedFile: undefined, editedText: undefined, changedLines: [] };
  const edit = editDataDir(text, { path: file, from: oldDataDir, to: dataDir });
  return {
    ...plain,
    editedFile: join(fenceDir, `.${basename(file)}.edited`),
    editedText: edit.text,
    changedLines: edit.changedLines,
  };
}

function planApiServer({ discovery: { apiServer }, kubeconfig }: HostFacts): PlannedApiServer | undefined {
  if (apiServer === undefined) return undefined;
  return { url: apiServerUrl(apiServer), etcdPrefix: apiServer.etcdPrefix, kubeconfig };
}

function formatInitialCluster(members: readonly PlannedMember[]): string {
  return members.flatMap(({ name, peerUrls }) => peerUrls.map((url) => `${name}=${url}`)).join(',');
}

function unsupported({ host }: HostFacts, why: string): HoldfastError {
  return new HoldfastError('RECOVERY_UNSUPPORTED', `${host}: ${why}`, { details: { host } });
}
