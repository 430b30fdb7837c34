/**
 * The columns of nodes, namespaces, configuration, services and events.
 *
 * Source: kubernetes pkg/printers/internalversion/printers.go (1.36.2).
 */
import type { JsonObject, JsonValue } from '../../../formats/kubernetes-object/index.ts';
import { formatAge } from './age.ts';
import {
  at,
  conditionOf,
  countAt,
  cutList,
  labelsText,
  listAt,
  objectAt,
  orNone,
  sizeAt,
  textAt,
  textOf,
} from '../fields/index.ts';
import { ageOf, type CellContext, type KindColumns, kindColumns, nameOf } from './kind-columns.ts';

export const coreColumns: Readonly<Record<string, KindColumns>> = {
  '/Node': kindColumns(
    [
      'STATUS',
      'ROLES',
      'AGE',
      'VERSION',
      '+INTERNAL-IP',
      '+EXTERNAL-IP',
      '+OS-IMAGE',
      '+KERNEL-VERSION',
      '+CONTAINER-RUNTIME',
    ],
    (node, context) => [
      nodeStatus(node),
      nodeRoles(node),
      ageOf(node, context),
      textAt(node, 'status.nodeInfo.kubeletVersion'),
      nodeAddress(node, 'InternalIP'),
      nodeAddress(node, 'ExternalIP'),
      orNone(textAt(node, 'status.nodeInfo.osImage'), '<unknown>'),
      orNone(textAt(node, 'status.nodeInfo.kernelVersion'), '<unknown>'),
      orNone(textAt(node, 'status.nodeInfo.containerRuntimeVersion'), '<unknown>'),
    ],
  ),
  '/Namespace': kindColumns(['STATUS', 'AGE'], (object, context) => [
    textAt(object, 'status.phase'),
    ageOf(object, context),
  ]),
  '/ConfigMap': kindColumns(['DATA', 'AGE'], (object, context) => [
    String(sizeAt(object, 'data') + sizeAt(object, 'binaryData')),
    ageOf(object, context),
  ]),
  '/Secret': kindColumns(['TYPE', 'DATA', 'AGE'], (object, context) => [
    textAt(object, 'type'),
    String(sizeAt(object, 'data')),
    ageOf(object, context),
  ]),
  '/ServiceAccount': kindColumns(['SECRETS', 'AGE'], (object, context) => [
    String(listAt(object, 'secrets').length),
    ageOf(object, context),
  ]),
  '/Service': kindColumns(
    ['TYPE', 'CLUSTER-IP', 'EXTERNAL-IP', 'PORT(S)', 'AGE', '+SELECTOR'],
    (service, context) => [
      textAt(service, 'spec.type'),
      orNone(textOf(listAt(service, 'spec.clusterIPs')[0]) || textAt(service, 'spec.clusterIP')),
      externalAddress(service, context),
      orNone(listAt(service, 'spec.ports').map(portText).join(',')),
      ageOf(service, context),
      orNone(labelsText(objectAt(service, 'spec.selector'))),
    ],
  ),
  '/Endpoints': kindColumns(['ENDPOINTS', 'AGE'], (object, context) => [
    orNone(cutList(endpointAddresses(object), 3)),
    ageOf(object, context),
  ]),
  '/Event': kindColumns(
    [
      'LAST SEEN',
      'TYPE',
      'REASON',
      'OBJECT',
      '+SUBOBJECT',
      '+SOURCE',
      'MESSAGE',
      '+FIRST SEEN',
      '+COUNT',
      '+NAME',
    ],
    eventCells,
  ),
  '/ResourceQuota': kindColumns(['REQUEST', 'LIMIT', 'AGE'], (object, context) => [
    quotaText(object, false),
    quotaText(object, true),
    ageOf(object, context),
  ]),
  '/PodTemplate': kindColumns(['CONTAINERS', 'IMAGES', 'POD LABELS'], (object) => {
    const containers = listAt(object, 'template.spec.containers');
    return [
      containers.map((one) => textAt(one, 'name')).join(','),
      containers.map((one) => textAt(one, 'image')).join(','),
      orNone(labelsText(objectAt(object, 'template.metadata.labels'))),
    ];
  }),
};

function nodeStatus(node: JsonObject): string {
  const ready = conditionOf(node, 'Ready');
  const status = ready === undefined ? 'Unknown' : ready === 'True' ? 'Ready' : 'NotReady';
  return at(node, 'spec.unschedulable') === true ? `${status},SchedulingDisabled` : status;
}

const rolePrefix = 'node-role.kubernetes.io/';

function nodeRoles(node: JsonObject): string {
  const labels = Object.entries(objectAt(node, 'metadata.labels'));
  const roles = labels.flatMap(([label, value]) => {
    if (label.startsWith(rolePrefix) && label.length > rolePrefix.length)
      return [label.slice(rolePrefix.length)];
    return label === 'kubernetes.io/role' && value !== '' ? [textOf(value)] : [];
  });
  return orNone([...new Set(roles)].toSorted().join(','));
}

function nodeAddress(node: JsonObject, type: string): string {
  const found = listAt(node, 'status.addresses').find((one) => textAt(one, 'type') === type);
  return orNone(textAt(found, 'address'));
}

function portText(port: JsonValue): string {
  const nodePort = countAt(port, 'nodePort');
  const number = String(countAt(port, 'port'));
  return `${nodePort > 0 ? `${number}:${nodePort}` : number}/${textAt(port, 'protocol')}`;
}

function externalAddress(service: JsonObject, { isWide }: CellContext): string {
  const external = listAt(service, 'spec.externalIPs').map(textOf);
  const type = textAt(service, 'spec.type');
  if (type === 'ExternalName') return textAt(service, 'spec.externalName');
  if (type !== 'LoadBalancer') return orNone(external.join(','));
  const balancers = listAt(service, 'status.loadBalancer.ingress').map(
    (one) => textAt(one, 'ip') || textAt(one, 'hostname'),
  );
  const joined = [...new Set(balancers)].toSorted().join(',');
  const shown = !isWide && joined.length > 16 ? `${joined.slice(0, 13)}...` : joined;
  return orNone([shown, ...external].filter((part) => part !== '').join(','), '<pending>');
}

function endpointAddresses(object: JsonObject): string[] {
  return listAt(object, 'subsets').flatMap((subset) => {
    const addresses = listAt(subset, 'addresses').map((one) => textAt(one, 'ip'));
    const ports = listAt(subset, 'ports');
    if (ports.length === 0) return addresses;
    return ports.flatMap((port) =>
      addresses.map((ip) => `${ip.includes(':') ? `[${ip}]` : ip}:${countAt(port, 'port')}`),
    );
  });
}

function eventCells(event: JsonObject, context: CellContext): readonly string[] {
  const first = textAt(event, 'firstTimestamp') || textAt(event, 'eventTime');
  const last =
    textAt(event, 'series.lastObservedTime') || textAt(event, 'lastTimestamp') || textAt(event, 'eventTime');
  const component = textAt(event, 'source.component') || textAt(event, 'reportingComponent');
  const host = textAt(event, 'source.host');
  const count = countAt(event, 'series.count') || countAt(event, 'count') || 1;
  const involved = objectAt(event, 'involvedObject');
  return [
    formatAge(last, context.nowMs),
    textAt(event, 'type'),
    textAt(event, 'reason'),
    `${textAt(involved, 'kind').toLowerCase()}/${textAt(involved, 'name')}`,
    textAt(involved, 'fieldPath'),
    host === '' ? component : `${component}, ${host}`,
    textAt(event, 'message').trim(),
    formatAge(first, context.nowMs),
    String(count),
    nameOf(event),
  ];
}

/** Requests and limits of a quota, used of allowed. */
function quotaText(quota: JsonObject, wantsLimits: boolean): string {
  const hard = objectAt(quota, 'status.hard');
  const used = objectAt(quota, 'status.used');
  return Object.keys(hard)
    .toSorted()
    .filter((name) => name.startsWith('limits.') === wantsLimits)
    .map((name) => `${name}: ${textOf(used[name] ?? '0')}/${textOf(hard[name])}`)
    .join(', ');
}
