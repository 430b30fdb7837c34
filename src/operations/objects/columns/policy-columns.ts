/**
 * The columns of networks, rights, limits and what watches over requests.
 *
 * Source: kubernetes pkg/printers/internalversion/printers.go (1.36.2).
 */
import type { JsonObject, JsonValue } from '../../../formats/kubernetes-object/index.ts';
import { formatDuration } from './age.ts';
import {
  at,
  conditionOf,
  countAt,
  cutList,
  listAt,
  objectAt,
  orNone,
  selectorText,
  textAt,
  textOf,
} from '../fields/index.ts';
import { ageOf, createdAtColumns, type KindColumns, kindColumns } from './kind-columns.ts';

const webhooks = kindColumns(['WEBHOOKS', 'AGE'], (object, context) => [
  String(listAt(object, 'webhooks').length),
  ageOf(object, context),
]);

const binding = kindColumns(['ROLE', 'AGE', '+USERS', '+GROUPS', '+SERVICEACCOUNTS'], (object, context) => [
  `${textAt(object, 'roleRef.kind')}/${textAt(object, 'roleRef.name')}`,
  ageOf(object, context),
  subjects(object, 'User'),
  subjects(object, 'Group'),
  subjects(object, 'ServiceAccount'),
]);

const admissionPolicy = kindColumns(['VALIDATIONS', 'PARAMKIND', 'AGE'], (object, context) => [
  String(listAt(object, 'spec.validations').length),
  orNone(paramKind(object), '<unset>'),
  ageOf(object, context),
]);

export const policyColumns: Readonly<Record<string, KindColumns>> = {
  'networking.k8s.io/Ingress': kindColumns(
    ['CLASS', 'HOSTS', 'ADDRESS', 'PORTS', 'AGE'],
    (object, { isWide, ...context }) => [
      orNone(textAt(object, 'spec.ingressClassName')),
      hosts(object),
      balancers(object, isWide),
      listAt(object, 'spec.tls').length > 0 ? '80, 443' : '80',
      ageOf(object, { ...context, isWide }),
    ],
  ),
  'networking.k8s.io/IngressClass': kindColumns(['CONTROLLER', 'PARAMETERS', 'AGE'], (object, context) => [
    textAt(object, 'spec.controller'),
    parameters(object),
    ageOf(object, context),
  ]),
  'networking.k8s.io/NetworkPolicy': kindColumns(['POD-SELECTOR', 'AGE'], (object, context) => [
    selectorText(objectAt(object, 'spec.podSelector')),
    ageOf(object, context),
  ]),
  'networking.k8s.io/IPAddress': kindColumns(['PARENTREF', 'AGE'], (object, context) => [
    orNone(parentOf(objectAt(object, 'spec.parentRef'))),
    ageOf(object, context),
  ]),
  'networking.k8s.io/ServiceCIDR': kindColumns(['CIDRS', 'AGE'], (object, context) => [
    listAt(object, 'spec.cidrs').map(textOf).join(','),
    ageOf(object, context),
  ]),
  'discovery.k8s.io/EndpointSlice': kindColumns(
    ['ADDRESSTYPE', 'PORTS', 'ENDPOINTS', 'AGE'],
    (object, context) => [
      textAt(object, 'addressType'),
      orNone(
        cutList(
          listAt(object, 'ports').map((port) => textAt(port, 'port') || '*'),
          3,
        ),
        '<unset>',
      ),
      orNone(
        cutList(
          listAt(object, 'endpoints').flatMap((one) => listAt(one, 'addresses').map(textOf)),
          3,
        ),
        '<unset>',
      ),
      ageOf(object, context),
    ],
  ),
  'policy/PodDisruptionBudget': kindColumns(
    ['MIN AVAILABLE', 'MAX UNAVAILABLE', 'ALLOWED DISRUPTIONS', 'AGE'],
    (object, context) => [
      orNone(textAt(object, 'spec.minAvailable'), 'N/A'),
      orNone(textAt(object, 'spec.maxUnavailable'), 'N/A'),
      String(countAt(object, 'status.disruptionsAllowed')),
      ageOf(object, context),
    ],
  ),
  'autoscaling/HorizontalPodAutoscaler': kindColumns(
    ['REFERENCE', 'TARGETS', 'MINPODS', 'MAXPODS', 'REPLICAS', 'AGE'],
    (object, context) => [
      `${textAt(object, 'spec.scaleTargetRef.kind')}/${textAt(object, 'spec.scaleTargetRef.name')}`,
      orNone(targets(object)),
      orNone(textAt(object, 'spec.minReplicas'), '<unset>'),
      String(countAt(object, 'spec.maxReplicas')),
      String(countAt(object, 'status.currentReplicas')),
      ageOf(object, context),
    ],
  ),
  '/LimitRange': createdAtColumns,
  'rbac.authorization.k8s.io/Role': createdAtColumns,
  'rbac.authorization.k8s.io/ClusterRole': createdAtColumns,
  'apiextensions.k8s.io/CustomResourceDefinition': createdAtColumns,
  'rbac.authorization.k8s.io/RoleBinding': binding,
  'rbac.authorization.k8s.io/ClusterRoleBinding': binding,
  'coordination.k8s.io/Lease': kindColumns(['HOLDER', 'AGE'], (object, context) => [
    textAt(object, 'spec.holderIdentity'),
    ageOf(object, context),
  ]),
  'certificates.k8s.io/CertificateSigningRequest': kindColumns(
    ['AGE', 'SIGNERNAME', 'REQUESTOR', 'REQUESTEDDURATION', 'CONDITION'],
    (object, context) => [
      ageOf(object, context),
      orNone(textAt(object, 'spec.signerName')),
      textAt(object, 'spec.username'),
      requestedDuration(object),
      requestCondition(object),
    ],
  ),
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': webhooks,
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': webhooks,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': admissionPolicy,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': kindColumns(
    ['POLICYNAME', 'PARAMREF', 'AGE'],
    (object, context) => [
      textAt(object, 'spec.policyName'),
      orNone(paramRef(object), '<unset>'),
      ageOf(object, context),
    ],
  ),
  'node.k8s.io/RuntimeClass': kindColumns(['HANDLER', 'AGE'], (object, context) => [
    textAt(object, 'handler'),
    ageOf(object, context),
  ]),
  'flowcontrol.apiserver.k8s.io/FlowSchema': kindColumns(
    ['PRIORITYLEVEL', 'MATCHINGPRECEDENCE', 'DISTINGUISHERMETHOD', 'AGE', 'MISSINGPL'],
    (object, context) => [
      textAt(object, 'spec.priorityLevelConfiguration.name'),
      String(countAt(object, 'spec.matchingPrecedence')),
      orNone(textAt(object, 'spec.distinguisherMethod.type')),
      ageOf(object, context),
      conditionOf(object, 'Dangling') ?? '?',
    ],
  ),
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration': kindColumns(
    ['TYPE', 'NOMINALCONCURRENCYSHARES', 'QUEUES', 'HANDSIZE', 'QUEUELENGTHLIMIT', 'AGE'],
    (object, context) => {
      const queuing = 'spec.limited.limitResponse.queuing';
      return [
        textAt(object, 'spec.type'),
        orNone(textAt(object, `spec.${sharesPath(object)}.nominalConcurrencyShares`)),
        orNone(textAt(object, `${queuing}.queues`)),
        orNone(textAt(object, `${queuing}.handSize`)),
        orNone(textAt(object, `${queuing}.queueLengthLimit`)),
        ageOf(object, context),
      ];
    },
  ),
  'apiregistration.k8s.io/APIService': kindColumns(['SERVICE', 'AVAILABLE', 'AGE'], (object, context) => [
    apiService(object),
    conditionOf(object, 'Available') ?? 'Unknown',
    ageOf(object, context),
  ]),
};

function subjects(object: JsonObject, kind: string): string {
  return listAt(object, 'subjects')
    .filter((subject) => textAt(subject, 'kind') === kind)
    .map((subject) => {
      const namespace = kind === 'ServiceAccount' ? `${textAt(subject, 'namespace')}/` : '';
      return `${namespace}${textAt(subject, 'name')}`;
    })
    .join(', ');
}

function hosts(ingress: JsonObject): string {
  const names = listAt(ingress, 'spec.rules')
    .map((rule) => textAt(rule, 'host'))
    .filter((host) => host !== '');
  return (
    orNone(cutList(names.slice(0, 3), 3), '*') + (names.length > 3 ? ` + ${names.length - 3} more...` : '')
  );
}

function balancers(ingress: JsonObject, isWide: boolean): string {
  const addresses = listAt(ingress, 'status.loadBalancer.ingress').map(
    (one) => textAt(one, 'ip') || textAt(one, 'hostname'),
  );
  const joined = [...new Set(addresses)].toSorted().join(',');
  return !isWide && joined.length > 16 ? `${joined.slice(0, 13)}...` : joined;
}

function parameters(object: JsonObject): string {
  const kind = textAt(object, 'spec.parameters.kind');
  const group = textAt(object, 'spec.parameters.apiGroup');
  const name = textAt(object, 'spec.parameters.name');
  return name === '' ? '<none>' : `${group === '' ? kind : `${kind}.${group}`}/${name}`;
}

function parentOf(parent: JsonObject): string {
  const { group = '', resource = '', namespace = '', name = '' } = parent;
  const place = textOf(namespace) === '' ? textOf(name) : `${textOf(namespace)}/${textOf(name)}`;
  const type = textOf(group) === '' ? textOf(resource) : `${textOf(resource)}.${textOf(group)}`;
  return textOf(name) === '' ? '' : `${type}/${place}`;
}

function targets(autoscaler: JsonObject): string {
  const current = listAt(autoscaler, 'status.currentMetrics');
  const shown = listAt(autoscaler, 'spec.metrics').map((metric, i) => targetText(metric, current[i]));
  const [first = '', second] = shown;
  if (second === undefined) return first;
  return shown.length > 2 ? `${first}, ${second} + ${shown.length - 2} more...` : `${first}, ${second}`;
}

/** `cpu: 12%/80%`: what is measured of what is aimed at. */
function targetText(metric: JsonValue, current: JsonValue | undefined): string {
  const type = textAt(metric, 'type');
  const part = `${type.slice(0, 1).toLowerCase()}${type.slice(1)}`;
  const target = objectAt(metric, `${part}.target`);
  const now = objectAt(current, `${part}.current`);
  const name =
    type === 'Resource' || type === 'ContainerResource' ? `${textAt(metric, `${part}.name`)}: ` : '';
  if (textOf(target['averageUtilization']) !== '') {
    const measured = textOf(now['averageUtilization']);
    return `${name}${measured === '' ? '<unknown>' : `${measured}%`}/${textOf(target['averageUtilization'])}%`;
  }
  const aim = textOf(target['averageValue']) || textOf(target['value']);
  const measured = textOf(now['averageValue']) || textOf(now['value']);
  const average =
    type !== 'Resource' && textOf(target['averageValue']) !== '' && type === 'External' ? ' (avg)' : '';
  return `${name}${orNone(measured, '<unknown>')}/${orNone(aim, '<auto>')}${average}`;
}

function requestedDuration(request: JsonObject): string {
  const seconds = at(request, 'spec.expirationSeconds');
  return seconds === undefined ? '<none>' : formatDuration(countAt(request, 'spec.expirationSeconds') * 1000);
}

function requestCondition(request: JsonObject): string {
  const types = listAt(request, 'status.conditions').map((one) => textAt(one, 'type'));
  const states = [types.includes('Denied') ? 'Denied' : types.includes('Approved') ? 'Approved' : 'Pending'];
  if (types.includes('Failed')) states.push('Failed');
  if (textAt(request, 'status.certificate') !== '') states.push('Issued');
  return states.join(',');
}

function paramKind(policy: JsonObject): string {
  const kind = textAt(policy, 'spec.paramKind.kind');
  return kind === '' ? '' : `${textAt(policy, 'spec.paramKind.apiVersion')}/${kind}`;
}

function paramRef(object: JsonObject): string {
  const name = textAt(object, 'spec.paramRef.name');
  if (name === '') return '';
  const namespace = textAt(object, 'spec.paramRef.namespace');
  return namespace === '' ? `*/${name}` : `${namespace}/${name}`;
}

function sharesPath(object: JsonObject): string {
  return textAt(object, 'spec.type') === 'Exempt' ? 'exempt' : 'limited';
}

function apiService(object: JsonObject): string {
  const name = textAt(object, 'spec.service.name');
  return name === '' ? 'Local' : `${textAt(object, 'spec.service.namespace')}/${name}`;
}
