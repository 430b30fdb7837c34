import { HoldfastError, isHoldfastError, type OperationContext } from '../../base/index.ts';
import { openLocalHost } from '../../hosts/index.ts';
import type { BundleTree } from '../../repository/index.ts';
import { discover, type Discovery } from '../discover/index.ts';
import { findControlPlaneFiles } from './control-plane-files.ts';
import { TreeCollector } from './tree-collector.ts';

export interface NodeOptions {
  /** Where the host's file system is. */
  readonly root: string;
  /** Take the files along; undefined: where static pods run the control plane that `endpoints` belong to. */
  readonly bundle?: boolean;
  /** Endpoints of the etcd that is backed up; none for a file, which may be from anywhere. */
  readonly endpoints?: readonly string[];
}

export interface NodeFiles {
  /** Undefined when none is wanted. */
  readonly tree?: BundleTree;
  /** Of this host's API server, when the etcd that is backed up is this host's: `v1.31.4`. */
  readonly kubernetesVersion?: string;
}

/**
 * What a control-plane node has besides its etcd: the files that make it, and its version. Reads only. A file that
 * cannot be taken along is a warning.
 *
 * Errors: BUNDLE_NOT_FOUND (a bundle was asked for, and nothing here is of a control plane), INTERRUPTED.
 */
export async function readNode(options: NodeOptions, ctx: OperationContext): Promise<NodeFiles> {
  const discovery = await tryDiscover(options, ctx);
  if (discovery === undefined) return {};
  const host = openLocalHost({ root: options.root });
  const { wanted, kubernetesVersion } = await findControlPlaneFiles(host, discovery);
  const isOwn = servesEndpoints(discovery, options.endpoints);
  const version = isOwn && kubernetesVersion !== undefined ? { kubernetesVersion } : {};
  if (!(options.bundle ?? (isOwn && runsControlPlane(discovery)))) return version;
  const collector = new TreeCollector(host, ctx);
  for (const { path, kind, isTree } of wanted)
    await (isTree === true ? collector.addTree(path, kind) : collector.addFile(path, kind));
  for (const { code, message } of collector.findings) ctx.events({ type: 'warning', code, message });
  const tree = collector.finish();
  if (tree.files.length > 0) return { tree, ...version };
  if (options.bundle === true) throw nothingFound('there are no files of a control-plane node on this host');
  return version;
}

function runsControlPlane({ staticPods }: Discovery): boolean {
  return staticPods.some(({ role }) => role !== 'other' && role !== 'unreadable');
}

/** A host without etcd is none, and neither is one that does not tell. */
async function tryDiscover(
  { root, bundle }: NodeOptions,
  ctx: OperationContext,
): Promise<Discovery | undefined> {
  try {
    return await discover({ root, offline: true, allowNone: true }, ctx);
  } catch (error) {
    if (!isHoldfastError(error) || error.code === 'INTERRUPTED') throw error;
    if (bundle === true) throw nothingFound(error.message, error);
    ctx.log.debug('this host was not looked at for a bundle', { reason: error.message });
    return undefined;
  }
}

/** Whether the etcd of these endpoints is the one that this host runs, or its API server uses. */
function servesEndpoints({ etcd, apiServer }: Discovery, endpoints: readonly string[] = []): boolean {
  const own = new Set(
    [
      ...(etcd?.endpoints ?? []),
      ...(etcd?.listenClientUrls ?? []),
      ...(etcd?.advertiseClientUrls ?? []),
      ...(apiServer?.etcdServers ?? []),
    ].map(addressOf),
  );
  return endpoints.some((endpoint) => own.has(addressOf(endpoint)));
}

/** Host and port, whatever the scheme. */
function addressOf(url: string): string {
  return url
    .replace(/^[a-z]+:\/\//, '')
    .replace(/\/+$/, '')
    .replace(/^localhost:/, '127.0.0.1:');
}

function nothingFound(why: string, cause?: unknown): HoldfastError {
  return new HoldfastError('BUNDLE_NOT_FOUND', why, { cause });
}
