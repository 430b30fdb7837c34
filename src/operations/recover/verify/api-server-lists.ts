/** Whether the API server shows the objects of the snapshot, and not a cache from before. */
import { HoldfastError, openFileSource, type OperationContext, runPhase } from '../../../base/index.ts';
import { openDatabase } from '../../../formats/bbolt/index.ts';
import { parseStorageKey, type StorageKey } from '../../../formats/kubernetes-object/index.ts';
import { collectKeysSteps } from '../../../formats/mvcc/index.ts';
import { type ApiClient, type KubernetesObject, openApiClient } from '../../../kubernetes/index.ts';
import { liveKeysBelow } from '../revisions/index.ts';
import type { StepWork } from '../work/index.ts';
import { readApiClientOptions } from './api-server-ready.ts';
import { listPatiently } from './patient-list.ts';

/**
 * Kinds that are compared: those that nobody but people and deployments of people changes, so that a difference means
 * something, each with its path at every API server of the last ten years.
 */
const comparedResources = [
  { group: '', resource: 'namespaces', path: '/api/v1/namespaces' },
  { group: '', resource: 'nodes', path: '/api/v1/nodes' },
  { group: '', resource: 'configmaps', path: '/api/v1/configmaps' },
  { group: '', resource: 'secrets', path: '/api/v1/secrets' },
  { group: '', resource: 'services', path: '/api/v1/services' },
  { group: '', resource: 'serviceaccounts', path: '/api/v1/serviceaccounts' },
  { group: 'apps', resource: 'deployments', path: '/apis/apps/v1/deployments' },
  { group: 'apps', resource: 'statefulsets', path: '/apis/apps/v1/statefulsets' },
  { group: 'apps', resource: 'daemonsets', path: '/apis/apps/v1/daemonsets' },
] as const;

/** Under which name the journal keeps the counts. */
export const comparedFact = 'compared-objects';

export interface ComparedResource {
  readonly resource: string;
  readonly count: number;
}

/**
 * Compares the names in the API server's lists with the keys of the snapshot. Lists are asked for without a resource
 * version of our own, from the cache that every client sees. What the API server itself has added since it started
 * is no difference; anything missing is.
 *
 * Errors: RESTORED_DIFFERS, those of the API client.
 */
export async function compareWithApiServer(work: StepWork): Promise<void> {
  const { host, machine, ctx } = work;
  const options = await readApiClientOptions(machine, host.apiServer!.url, host.apiServer!.kubeconfig);
  if (options === undefined) return;
  const wanted = await readObjectNames(work.snapshotFile, host.apiServer!.etcdPrefix, ctx);
  await using client = openApiClient(options);
  const compared: ComparedResource[] = [];
  const differences: string[] = [];
  for (const { group, resource, path } of comparedResources) {
    const names = wanted.get(`${group}/${resource}`) ?? new Set();
    const listed = await listNames(client, path, work);
    differences.push(...compareNames(resource, names, listed, work.plan.createdAtMs));
    compared.push({ resource, count: names.size });
  }
  if (differences.length > 0) throw differs(host.host, differences);
  await work.journal.recordFact(comparedFact, compared);
}

interface ListedObject {
  readonly createdAtMs: number;
}

function compareNames(
  resource: string,
  wanted: ReadonlySet<string>,
  listed: ReadonlyMap<string, ListedObject>,
  recoveryStartMs: number,
): string[] {
  const missing = [...wanted].filter((name) => !listed.has(name));
  // The server's clock may be a little off, and its own objects are made as it starts.
  const stale = [...listed].filter(
    ([name, { createdAtMs }]) => !wanted.has(name) && createdAtMs < recoveryStartMs - 60_000,
  );
  return [
    ...(missing.length === 0 ? [] : [`${missing.length} ${resource} missing, ${missing[0]!} for one`]),
    ...(stale.length === 0
      ? []
      : [`${stale.length} ${resource} that the snapshot does not have, ${stale[0]![0]} for one`]),
  ];
}

async function listNames(
  client: ApiClient,
  path: string,
  { plan, ctx }: StepWork,
): Promise<Map<string, ListedObject>> {
  const names = new Map<string, ListedObject>();
  const take = (item: KubernetesObject) => {
    const { name, createdAtMs } = identityOf(item);
    names.set(name, { createdAtMs });
  };
  await listPatiently(client, path, take, { timeoutMs: plan.waitTimeoutMs }, ctx);
  return names;
}

function identityOf(item: KubernetesObject): { name: string; createdAtMs: number } {
  const { name = '', namespace, creationTimestamp = '' } = (item['metadata'] ?? {}) as Record<string, string>;
  return {
    name: namespace === undefined ? name : `${namespace}/${name}`,
    createdAtMs: Date.parse(creationTimestamp) || 0,
  };
}

/** The names of the snapshot's live objects, by `<group>/<resource>`. */
async function readObjectNames(
  path: string,
  prefix: string,
  ctx: OperationContext,
): Promise<Map<string, Set<string>>> {
  using file = openFileSource(path);
  const keys = await runPhase(collectKeysSteps(openDatabase(file)), ctx, {
    phase: 'objects of the snapshot',
    totalBytes: file.sizeBytes,
  });
  const names = new Map<string, Set<string>>();
  for (const text of liveKeysBelow(keys, `${prefix}/`)) {
    const key = parseStorageKey(text, prefix);
    if (key !== undefined) addName(names, key);
  }
  return names;
}

function addName(names: Map<string, Set<string>>, { group, resource, namespace, name }: StorageKey): void {
  const id = `${group}/${resource}`;
  let set = names.get(id);
  if (set === undefined) names.set(id, (set = new Set()));
  set.add(namespace === undefined ? name : `${namespace}/${name}`);
}

function differs(host: string, differences: readonly string[]): HoldfastError {
  return new HoldfastError(
    'RESTORED_DIFFERS',
    `the API server on ${host} does not show what the snapshot holds: ${differences.join('; ')}`,
    { details: { host } },
  );
}
