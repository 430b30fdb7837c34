/**
 * The resources that API servers are known to keep in etcd, and where. Most lie under their own name; the exceptions
 * are as old as Kubernetes. Custom resources are not in this table: they lie under `<group>/<resource>`.
 *
 * Source: kubernetes pkg/kubeapiserver/default_storage_factory_builder.go and pkg/registry (1.36.2);
 * openshift-apiserver and oauth-apiserver, the table of special storage prefixes (4.x).
 */

/** Who writes the resource: the API server for everybody, for itself alone, or an OpenShift API server. */
export type ResourceOrigin = 'built-in' | 'internal' | 'openshift';

export interface StoredResource {
  /** Path below the storage prefix, without slashes at its ends: `services/specs`. */
  readonly path: string;
  /** API group, empty for the core group. */
  readonly group: string;
  /** Plural name as in URLs; for an internal record the name of its path. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** What kubectl takes instead of the plural name. */
  readonly shortNames: readonly string[];
  readonly origin: ResourceOrigin;
}

type Scope = 'namespaced' | 'cluster';

/** Resources of one group: resource, kind, scope, then short names and `@path` where the path is another. */
type Row = readonly [resource: string, kind: string, scope: Scope, ...more: string[]];

const builtIn: Readonly<Record<string, readonly Row[]>> = {
  '': [
    ['configmaps', 'ConfigMap', 'namespaced', 'cm'],
    ['endpoints', 'Endpoints', 'namespaced', 'ep', '@services/endpoints'],
    ['events', 'Event', 'namespaced', 'ev'],
    ['limitranges', 'LimitRange', 'namespaced', 'limits'],
    ['namespaces', 'Namespace', 'cluster', 'ns'],
    ['nodes', 'Node', 'cluster', 'no', '@minions'],
    ['persistentvolumeclaims', 'PersistentVolumeClaim', 'namespaced', 'pvc'],
    ['persistentvolumes', 'PersistentVolume', 'cluster', 'pv'],
    ['pods', 'Pod', 'namespaced', 'po'],
    ['podtemplates', 'PodTemplate', 'namespaced'],
    ['replicationcontrollers', 'ReplicationController', 'namespaced', 'rc', '@controllers'],
    ['resourcequotas', 'ResourceQuota', 'namespaced', 'quota'],
    ['secrets', 'Secret', 'namespaced'],
    ['serviceaccounts', 'ServiceAccount', 'namespaced', 'sa'],
    ['services', 'Service', 'namespaced', 'svc', '@services/specs'],
  ],
  'admissionregistration.k8s.io': [
    ['mutatingadmissionpolicies', 'MutatingAdmissionPolicy', 'cluster'],
    ['mutatingadmissionpolicybindings', 'MutatingAdmissionPolicyBinding', 'cluster'],
    ['mutatingwebhookconfigurations', 'MutatingWebhookConfiguration', 'cluster'],
    ['validatingadmissionpolicies', 'ValidatingAdmissionPolicy', 'cluster'],
    ['validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding', 'cluster'],
    ['validatingwebhookconfigurations', 'ValidatingWebhookConfiguration', 'cluster'],
  ],
  'apiextensions.k8s.io': [
    [
      'customresourcedefinitions',
      'CustomResourceDefinition',
      'cluster',
      'crd',
      'crds',
      '@apiextensions.k8s.io/customresourcedefinitions',
    ],
  ],
  'apiregistration.k8s.io': [['apiservices', 'APIService', 'cluster', '@apiregistration.k8s.io/apiservices']],
  apps: [
    ['controllerrevisions', 'ControllerRevision', 'namespaced'],
    ['daemonsets', 'DaemonSet', 'namespaced', 'ds'],
    ['deployments', 'Deployment', 'namespaced', 'deploy'],
    ['replicasets', 'ReplicaSet', 'namespaced', 'rs'],
    ['statefulsets', 'StatefulSet', 'namespaced', 'sts'],
  ],
  autoscaling: [['horizontalpodautoscalers', 'HorizontalPodAutoscaler', 'namespaced', 'hpa']],
  batch: [
    ['cronjobs', 'CronJob', 'namespaced', 'cj'],
    ['jobs', 'Job', 'namespaced'],
  ],
  'certificates.k8s.io': [
    ['certificatesigningrequests', 'CertificateSigningRequest', 'cluster', 'csr'],
    ['clustertrustbundles', 'ClusterTrustBundle', 'cluster'],
    ['podcertificaterequests', 'PodCertificateRequest', 'namespaced'],
  ],
  'coordination.k8s.io': [
    ['leasecandidates', 'LeaseCandidate', 'namespaced'],
    ['leases', 'Lease', 'namespaced'],
  ],
  'discovery.k8s.io': [['endpointslices', 'EndpointSlice', 'namespaced']],
  'flowcontrol.apiserver.k8s.io': [
    ['flowschemas', 'FlowSchema', 'cluster'],
    ['prioritylevelconfigurations', 'PriorityLevelConfiguration', 'cluster'],
  ],
  'internal.apiserver.k8s.io': [['storageversions', 'StorageVersion', 'cluster']],
  'networking.k8s.io': [
    ['ingressclasses', 'IngressClass', 'cluster'],
    ['ingresses', 'Ingress', 'namespaced', 'ing', '@ingress'],
    ['ipaddresses', 'IPAddress', 'cluster', 'ip'],
    ['networkpolicies', 'NetworkPolicy', 'namespaced', 'netpol'],
    ['servicecidrs', 'ServiceCIDR', 'cluster'],
  ],
  'node.k8s.io': [['runtimeclasses', 'RuntimeClass', 'cluster']],
  policy: [
    ['poddisruptionbudgets', 'PodDisruptionBudget', 'namespaced', 'pdb'],
    // Gone since 1.25; old backups still hold them.
    ['podsecuritypolicies', 'PodSecurityPolicy', 'cluster', 'psp', '@podsecuritypolicy'],
  ],
  'rbac.authorization.k8s.io': [
    ['clusterrolebindings', 'ClusterRoleBinding', 'cluster'],
    ['clusterroles', 'ClusterRole', 'cluster'],
    ['rolebindings', 'RoleBinding', 'namespaced'],
    ['roles', 'Role', 'namespaced'],
  ],
  'resource.k8s.io': [
    ['deviceclasses', 'DeviceClass', 'cluster'],
    ['devicetaintrules', 'DeviceTaintRule', 'cluster'],
    ['podschedulingcontexts', 'PodSchedulingContext', 'namespaced'],
    ['resourceclaims', 'ResourceClaim', 'namespaced'],
    ['resourceclaimtemplates', 'ResourceClaimTemplate', 'namespaced'],
    ['resourcepoolstatusrequests', 'ResourcePoolStatusRequest', 'cluster'],
    ['resourceslices', 'ResourceSlice', 'cluster'],
  ],
  'scheduling.k8s.io': [
    ['podgroups', 'PodGroup', 'namespaced'],
    ['priorityclasses', 'PriorityClass', 'cluster', 'pc'],
    ['workloads', 'Workload', 'namespaced'],
  ],
  'settings.k8s.io': [['podpresets', 'PodPreset', 'namespaced']],
  'storage.k8s.io': [
    ['csidrivers', 'CSIDriver', 'cluster'],
    ['csinodes', 'CSINode', 'cluster'],
    ['csistoragecapacities', 'CSIStorageCapacity', 'namespaced'],
    ['storageclasses', 'StorageClass', 'cluster', 'sc'],
    ['volumeattachments', 'VolumeAttachment', 'cluster'],
    ['volumeattributesclasses', 'VolumeAttributesClass', 'cluster', 'vac'],
  ],
  'storagemigration.k8s.io': [['storageversionmigrations', 'StorageVersionMigration', 'cluster']],
};

/** Records that the API server keeps for itself. No API serves them. */
const internal: Readonly<Record<string, readonly Row[]>> = {
  '': [
    ['ranges', 'RangeAllocation', 'cluster'],
    ['masterleases', 'Endpoints', 'cluster'],
    ['peerserverleases', 'Endpoints', 'cluster'],
  ],
};

/** Kept by OpenShift's own API servers, as a rule under `/openshift.io`; everything else of it is custom resources. */
const openshift: Readonly<Record<string, readonly Row[]>> = {
  'apps.openshift.io': [['deploymentconfigs', 'DeploymentConfig', 'namespaced', 'dc']],
  'authorization.openshift.io': [
    ['rolebindingrestrictions', 'RoleBindingRestriction', 'namespaced'],
    ['clusterpolicies', 'ClusterPolicy', 'cluster', '@authorization/cluster/policies'],
    ['clusterpolicybindings', 'ClusterPolicyBinding', 'cluster', '@authorization/cluster/policybindings'],
    ['policies', 'Policy', 'namespaced', '@authorization/local/policies'],
    ['policybindings', 'PolicyBinding', 'namespaced', '@authorization/local/policybindings'],
  ],
  'build.openshift.io': [
    ['buildconfigs', 'BuildConfig', 'namespaced', 'bc'],
    ['builds', 'Build', 'namespaced'],
  ],
  'image.openshift.io': [
    ['images', 'Image', 'cluster'],
    ['imagestreams', 'ImageStream', 'namespaced', 'is'],
  ],
  'network.openshift.io': [
    ['clusternetworks', 'ClusterNetwork', 'cluster', '@registry/sdnnetworks'],
    ['egressnetworkpolicies', 'EgressNetworkPolicy', 'namespaced', '@registry/egressnetworkpolicy'],
    ['hostsubnets', 'HostSubnet', 'cluster', '@registry/sdnsubnets'],
    ['netnamespaces', 'NetNamespace', 'cluster', '@registry/sdnnetnamespaces'],
  ],
  'oauth.openshift.io': [
    ['oauthaccesstokens', 'OAuthAccessToken', 'cluster', '@oauth/accesstokens'],
    ['oauthauthorizetokens', 'OAuthAuthorizeToken', 'cluster', '@oauth/authorizetokens'],
    ['oauthclientauthorizations', 'OAuthClientAuthorization', 'cluster', '@oauth/clientauthorizations'],
    ['oauthclients', 'OAuthClient', 'cluster', '@oauth/clients'],
  ],
  'quota.openshift.io': [['clusterresourcequotas', 'ClusterResourceQuota', 'cluster']],
  'route.openshift.io': [['routes', 'Route', 'namespaced']],
  'security.openshift.io': [
    ['rangeallocations', 'RangeAllocation', 'cluster'],
    ['securitycontextconstraints', 'SecurityContextConstraints', 'cluster', 'scc'],
  ],
  'template.openshift.io': [
    ['brokertemplateinstances', 'BrokerTemplateInstance', 'cluster'],
    ['templateinstances', 'TemplateInstance', 'namespaced'],
    ['templates', 'Template', 'namespaced'],
  ],
  'user.openshift.io': [
    ['groups', 'Group', 'cluster'],
    ['identities', 'Identity', 'cluster', '@useridentities'],
    ['users', 'User', 'cluster'],
  ],
};

function listRows(
  origin: ResourceOrigin,
  groups: Readonly<Record<string, readonly Row[]>>,
): StoredResource[] {
  return Object.entries(groups).flatMap(([group, rows]) =>
    rows.map(([resource, kind, scope, ...more]) => ({
      path: more.find((word) => word.startsWith('@'))?.slice(1) ?? resource,
      group,
      resource,
      kind,
      namespaced: scope === 'namespaced',
      shortNames: more.filter((word) => !word.startsWith('@')),
      origin,
    })),
  );
}

/** Every known resource; the built-in ones first. */
export const storedResources: readonly StoredResource[] = [
  ...listRows('built-in', builtIn),
  ...listRows('internal', internal),
  ...listRows('openshift', openshift),
];
