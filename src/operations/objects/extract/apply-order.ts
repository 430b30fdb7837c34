/** What others need comes first: they are refused, or wait, without it. By plural name and group. */
const ranks: readonly (readonly string[])[] = [
  ['namespaces'],
  ['customresourcedefinitions.apiextensions.k8s.io'],
  [
    'priorityclasses.scheduling.k8s.io',
    'runtimeclasses.node.k8s.io',
    'storageclasses.storage.k8s.io',
    'volumeattributesclasses.storage.k8s.io',
    'csidrivers.storage.k8s.io',
    'ingressclasses.networking.k8s.io',
    'deviceclasses.resource.k8s.io',
  ],
  [
    'networkpolicies.networking.k8s.io',
    'resourcequotas',
    'limitranges',
    'poddisruptionbudgets.policy',
    'clusterroles.rbac.authorization.k8s.io',
    'roles.rbac.authorization.k8s.io',
    'serviceaccounts',
  ],
  ['clusterrolebindings.rbac.authorization.k8s.io', 'rolebindings.rbac.authorization.k8s.io'],
  ['secrets', 'configmaps'],
  ['persistentvolumes'],
  ['persistentvolumeclaims'],
  ['services'],
];

/** Webhooks and API services can block everything behind them until what answers for them runs. */
const last: ReadonlySet<string> = new Set([
  'apiservices.apiregistration.k8s.io',
  'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  'validatingwebhookconfigurations.admissionregistration.k8s.io',
  'mutatingadmissionpolicies.admissionregistration.k8s.io',
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io',
  'validatingadmissionpolicies.admissionregistration.k8s.io',
  'validatingadmissionpolicybindings.admissionregistration.k8s.io',
]);

/** Where a resource stands when objects are applied one after the other. Two digits at most. */
export function applyRank(resource: string): number {
  const rank = ranks.findIndex((resources) => resources.includes(resource));
  if (rank >= 0) return rank;
  return last.has(resource) ? ranks.length + 1 : ranks.length;
}
