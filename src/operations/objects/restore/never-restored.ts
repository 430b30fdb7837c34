import type { JsonObject } from '../../../formats/kubernetes-object/index.ts';
import { isJsonObject } from '../fields/index.ts';

/**
 * Why an object is not put back, although it could be written: it is a trace of something that runs, or somebody makes
 * it anew. Undefined for what is restored. Takes the object as it was stored.
 *
 * Source: the controllers and registries of Kubernetes 1.36 (pkg/controller, pkg/controlplane, cmd/kube-controller-manager).
 */
export function whyNotRestored(resource: string, object: JsonObject): string | undefined {
  const metadata = membersOf(object['metadata']);
  const always = byResource.get(resource);
  if (always !== undefined) return always;
  if (metadata['deletionTimestamp'] !== undefined) return 'it was being deleted';
  return sometimes.get(resource)?.(object, metadata);
}

const byResource: ReadonlyMap<string, string> = new Map([
  ['events', 'it tells of what has happened'],
  ['events.events.k8s.io', 'it tells of what has happened'],
  ['leases.coordination.k8s.io', 'whoever runs takes it anew'],
  ['leasecandidates.coordination.k8s.io', 'whoever runs takes it anew'],
  ['nodes', 'the kubelet registers its node'],
  ['csinodes.storage.k8s.io', 'the kubelet makes it'],
  ['csistoragecapacities.storage.k8s.io', 'the storage driver makes it'],
  ['resourceslices.resource.k8s.io', 'the driver makes it'],
  ['volumeattachments.storage.k8s.io', 'it says what is attached to a node now'],
  ['certificatesigningrequests.certificates.k8s.io', 'it was a request of that moment'],
  ['ipaddresses.networking.k8s.io', 'the API server makes it with its service'],
  ['podcertificaterequests.certificates.k8s.io', 'it was a request of that moment'],
]);

type Rule = (object: JsonObject, metadata: JsonObject) => string | undefined;

const sometimes: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['pods', podRule],
  ['jobs.batch', jobRule],
  ['secrets', secretRule],
  ['endpoints', endpointsRule],
  ['endpointslices.discovery.k8s.io', endpointSliceRule],
  ['configmaps', configMapRule],
  [
    'services',
    (_, { name, namespace }) =>
      name === 'kubernetes' && namespace === 'default' ? 'the API server makes it' : undefined,
  ],
  [
    'servicecidrs.networking.k8s.io',
    (_, { name }) => (name === 'kubernetes' ? 'the API server makes it' : undefined),
  ],
  [
    'apiservices.apiregistration.k8s.io',
    (object) => (isJsonObject(membersOf(object['spec'])['service']) ? undefined : 'the API server makes it'),
  ],
  ['clusterroles.rbac.authorization.k8s.io', bootstrapRule],
  ['clusterrolebindings.rbac.authorization.k8s.io', bootstrapRule],
  ['roles.rbac.authorization.k8s.io', bootstrapRule],
  ['rolebindings.rbac.authorization.k8s.io', bootstrapRule],
  ['flowschemas.flowcontrol.apiserver.k8s.io', flowRule],
  ['prioritylevelconfigurations.flowcontrol.apiserver.k8s.io', flowRule],
]);

function podRule(_object: JsonObject, metadata: JsonObject): string | undefined {
  if ('kubernetes.io/config.mirror' in membersOf(metadata['annotations']))
    return 'the kubelet runs it from a file';
  const owner = controllerOf(metadata);
  return owner === undefined ? undefined : `its ${owner} makes pods`;
}

function configMapRule(_object: JsonObject, { name, namespace }: JsonObject): string | undefined {
  if (name === 'kube-root-ca.crt') return 'the controller manager puts it into each namespace';
  const isServers = name === 'extension-apiserver-authentication' && namespace === 'kube-system';
  return isServers ? 'the API server keeps it' : undefined;
}

/** Its status cannot be put back: a job that had ended would run once more. */
function jobRule(object: JsonObject, metadata: JsonObject): string | undefined {
  const { conditions } = membersOf(object['status']);
  const hasEnded =
    Array.isArray(conditions) &&
    conditions.some(
      (each) =>
        isJsonObject(each) &&
        (each['type'] === 'Complete' || each['type'] === 'Failed') &&
        each['status'] === 'True',
    );
  if (hasEnded) return 'it had ended and would run again';
  const owner = controllerOf(metadata);
  return owner === undefined ? undefined : `its ${owner} makes jobs`;
}

function secretRule(object: JsonObject): string | undefined {
  return object['type'] === 'kubernetes.io/service-account-token'
    ? 'a token is good for the service account that it was made for only'
    : undefined;
}

function endpointsRule(_object: JsonObject, metadata: JsonObject): string | undefined {
  const { name, namespace } = metadata;
  if (name === 'kubernetes' && namespace === 'default') return 'the API server makes it';
  const isMade =
    'endpoints.kubernetes.io/managed-by' in membersOf(metadata['labels']) ||
    'endpoints.kubernetes.io/last-change-trigger-time' in membersOf(metadata['annotations']);
  return isMade ? 'the endpoints controller makes it' : undefined;
}

function endpointSliceRule(_object: JsonObject, metadata: JsonObject): string | undefined {
  const by = membersOf(metadata['labels'])['endpointslice.kubernetes.io/managed-by'];
  if (metadata['name'] === 'kubernetes' && metadata['namespace'] === 'default')
    return 'the API server makes it';
  return typeof by === 'string' && by.endsWith('-controller.k8s.io') ? `the ${by} makes it` : undefined;
}

function bootstrapRule(_object: JsonObject, metadata: JsonObject): string | undefined {
  const isOwn =
    membersOf(metadata['labels'])['kubernetes.io/bootstrapping'] === 'rbac-defaults' &&
    membersOf(metadata['annotations'])['rbac.authorization.kubernetes.io/autoupdate'] !== 'false';
  return isOwn ? 'the API server keeps it as its release has it' : undefined;
}

function flowRule(_object: JsonObject, metadata: JsonObject): string | undefined {
  const isOwn = membersOf(metadata['annotations'])['apf.kubernetes.io/autoupdate-spec'] === 'true';
  return isOwn ? 'the API server keeps it as its release has it' : undefined;
}

/** Its kind. */
function controllerOf(metadata: JsonObject): string | undefined {
  const owners = metadata['ownerReferences'];
  const controller = Array.isArray(owners)
    ? owners.find((owner) => isJsonObject(owner) && owner['controller'] === true)
    : undefined;
  if (!isJsonObject(controller)) return undefined;
  const { kind } = controller;
  return typeof kind === 'string' ? kind : 'owner';
}

function membersOf(value: JsonObject[string] | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
