/** The kinds that the API server stand-in serves, and where a real one keeps them in etcd. */
export interface ApiResource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Under the prefix; for most kinds the plural. */
  readonly storage: string;
}

/** What a request's path names. */
export interface ApiTarget {
  readonly resource: ApiResource;
  readonly namespace?: string;
  /** Undefined for a collection. */
  readonly name?: string;
}

type Row = readonly [plural: string, kind: string, where?: 'cluster' | 'namespaces', storage?: string];

const groups: Readonly<Record<string, readonly Row[]>> = {
  v1: [
    ['namespaces', 'Namespace', 'cluster'],
    ['nodes', 'Node', 'cluster', 'minions'],
    ['persistentvolumes', 'PersistentVolume', 'cluster'],
    ['configmaps', 'ConfigMap'],
    ['secrets', 'Secret'],
    ['pods', 'Pod'],
    ['serviceaccounts', 'ServiceAccount'],
    ['services', 'Service', 'namespaces', 'services/specs'],
    ['endpoints', 'Endpoints', 'namespaces', 'services/endpoints'],
    ['persistentvolumeclaims', 'PersistentVolumeClaim'],
  ],
  'apps/v1': [
    ['deployments', 'Deployment'],
    ['replicasets', 'ReplicaSet'],
    ['statefulsets', 'StatefulSet'],
    ['daemonsets', 'DaemonSet'],
  ],
  'batch/v1': [
    ['jobs', 'Job'],
    ['cronjobs', 'CronJob'],
  ],
  'coordination.k8s.io/v1': [['leases', 'Lease']],
};

export const apiResources: readonly ApiResource[] = Object.entries(groups).flatMap(([groupVersion, rows]) => {
  const [group, version] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion];
  return rows.map(([plural, kind, where, storage = plural]) => ({
    group: group!,
    version: version!,
    plural,
    kind,
    namespaced: where !== 'cluster',
    storage,
  }));
});

/** `v1` or `apps/v1`. */
export function groupVersionOf({ group, version }: ApiResource): string {
  return group === '' ? version : `${group}/${version}`;
}

/** `/api/v1/namespaces/shop/configmaps/x` and the like; undefined for a path that names nothing here. */
export function parseApiPath(path: string): ApiTarget | undefined {
  const parts = path.split('/').slice(1).map(decodeURIComponent);
  const isCore = parts[0] === 'api';
  if (!isCore && parts[0] !== 'apis') return undefined;
  const [group, version] = isCore ? ['', parts[1]] : [parts[1], parts[2]];
  const rest = parts.slice(isCore ? 2 : 3);
  const find = (plural: string | undefined, namespaced: boolean) =>
    apiResources.find(
      (one) =>
        one.group === group &&
        one.version === version &&
        one.plural === plural &&
        one.namespaced === namespaced,
    );
  if (rest[0] === 'namespaces' && rest.length >= 3) {
    const resource = find(rest[2], true);
    if (resource === undefined || rest.length > 4) return undefined;
    return { resource, namespace: rest[1]!, ...(rest[3] === undefined ? {} : { name: rest[3] }) };
  }
  const everywhere = rest.length === 1 ? find(rest[0], true) : undefined;
  if (everywhere !== undefined) return { resource: everywhere };
  const resource = find(rest[0], false);
  if (resource === undefined || rest.length > 2) return undefined;
  return { resource, ...(rest[1] === undefined ? {} : { name: rest[1] }) };
}

/** The key of an object, or what the keys of a collection begin with. */
export function storageKeyOf(prefix: string, { resource, namespace, name }: ApiTarget): string {
  const parts = [prefix, resource.storage, ...(namespace === undefined ? [] : [namespace]), name ?? ''];
  return parts.join('/');
}

/** Names as a key tells them. */
export function namesOf(prefix: string, resource: ApiResource, key: string) {
  const rest = key.slice(`${prefix}/${resource.storage}/`.length).split('/');
  return resource.namespaced
    ? { namespace: rest[0]!, name: rest.slice(1).join('/') }
    : { name: rest.join('/') };
}
