/** Static pod manifests and kubeconfigs as kubeadm 1.31 writes them, with a few of the comments that people add. */
import type { ControlPlanePorts, PlannedNode } from './node-layout.ts';

export interface ManifestFacts {
  readonly nodeName: string;
  readonly address: string;
  readonly ports: ControlPlanePorts;
  readonly nodes: readonly PlannedNode[];
  readonly etcdVersion: string;
  /** Host path. */
  readonly dataDir: string;
  readonly etcdArgs: readonly string[];
  readonly apiServerArgs: readonly string[];
  /** Tells this sandbox's processes from those of another on the same machine. */
  readonly clusterName: string;
}

interface PodText {
  readonly component: string;
  readonly image: string;
  readonly annotation?: string;
  readonly flags: readonly string[];
  /** Volume name, container path, host path, type. */
  readonly mounts: readonly (readonly [string, string, string, string])[];
  readonly probe: {
    readonly host: string;
    readonly path: string;
    readonly port: number;
    readonly scheme: string;
  };
  readonly comment: string;
}

const kubernetesVersion = 'v1.31.4';
const pkiDir = '/etc/kubernetes/pki';
const etcdPkiDir = `${pkiDir}/etcd`;

export function etcdManifest(facts: ManifestFacts): string {
  const { nodeName, address, ports, nodes, etcdVersion, dataDir } = facts;
  const client = urls('https', [...new Set(['127.0.0.1', address])], ports.etcdClient);
  const advertised = urls('https', [address], ports.etcdClient);
  const peer = urls('https', [address], ports.etcdPeer);
  const cluster = nodes
    .map((node) => `${node.name}=${urls('https', [node.address], node.etcdPeerPort)}`)
    .join(',');
  return podText({
    component: 'etcd',
    image: `registry.k8s.io/etcd:${etcdVersion}-0`,
    annotation: `kubeadm.kubernetes.io/etcd.advertise-client-urls: ${advertised}`,
    comment: '# Managed by kubeadm. Edited by hand once: keep this line.',
    flags: [
      `--advertise-client-urls=${advertised}`,
      `--cert-file=${etcdPkiDir}/server.crt`,
      '--client-cert-auth=true',
      `--data-dir=${dataDir}`,
      ...versionFlags(etcdVersion),
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=${cluster}`,
      `--key-file=${etcdPkiDir}/server.key`,
      `--listen-client-urls=${client}`,
      `--listen-metrics-urls=http://127.0.0.1:${ports.etcdMetrics}`,
      `--listen-peer-urls=${peer}`,
      `--name=${nodeName}`,
      `--peer-cert-file=${etcdPkiDir}/peer.crt`,
      '--peer-client-cert-auth=true',
      `--peer-key-file=${etcdPkiDir}/peer.key`,
      `--peer-trusted-ca-file=${etcdPkiDir}/ca.crt`,
      '--snapshot-count=10000',
      `--trusted-ca-file=${etcdPkiDir}/ca.crt`,
      ...facts.etcdArgs,
    ],
    mounts: [
      ['etcd-data', dataDir, dataDir, 'DirectoryOrCreate'],
      ['etcd-certs', etcdPkiDir, etcdPkiDir, 'DirectoryOrCreate'],
    ],
    probe: { host: '127.0.0.1', path: '/health?serializable=true', port: ports.etcdMetrics, scheme: 'HTTP' },
  });
}

export function apiServerManifest(facts: ManifestFacts): string {
  const { address, ports } = facts;
  return podText({
    component: 'kube-apiserver',
    image: `registry.k8s.io/kube-apiserver:${kubernetesVersion}`,
    annotation: `kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint: ${hostPort(address, ports.apiServer)}`,
    comment: '# Audit flags are added by the platform team, see the runbook.',
    flags: [
      `--advertise-address=${address}`,
      '--allow-privileged=true',
      '--authorization-mode=Node,RBAC',
      `--client-ca-file=${pkiDir}/ca.crt`,
      '--enable-admission-plugins=NodeRestriction',
      '--enable-bootstrap-token-auth=true',
      `--etcd-cafile=${etcdPkiDir}/ca.crt`,
      `--etcd-certfile=${pkiDir}/apiserver-etcd-client.crt`,
      `--etcd-keyfile=${pkiDir}/apiserver-etcd-client.key`,
      `--etcd-servers=${urls('https', ['127.0.0.1'], ports.etcdClient)}`,
      `--kubelet-client-certificate=${pkiDir}/apiserver-kubelet-client.crt`,
      `--kubelet-client-key=${pkiDir}/apiserver-kubelet-client.key`,
      '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
      `--proxy-client-cert-file=${pkiDir}/front-proxy-client.crt`,
      `--proxy-client-key-file=${pkiDir}/front-proxy-client.key`,
      '--requestheader-allowed-names=front-proxy-client',
      `--requestheader-client-ca-file=${pkiDir}/front-proxy-ca.crt`,
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-username-headers=X-Remote-User',
      `--secure-port=${ports.apiServer}`,
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${pkiDir}/sa.pub`,
      `--service-account-signing-key-file=${pkiDir}/sa.key`,
      '--service-cluster-ip-range=10.96.0.0/12',
      `--tls-cert-file=${pkiDir}/apiserver.crt`,
      `--tls-private-key-file=${pkiDir}/apiserver.key`,
      ...facts.apiServerArgs,
    ],
    mounts: [
      ['ca-certs', '/etc/ssl/certs', '/etc/ssl/certs', 'DirectoryOrCreate'],
      ['k8s-certs', pkiDir, pkiDir, 'DirectoryOrCreate'],
    ],
    probe: { host: address, path: '/livez', port: ports.apiServer, scheme: 'HTTPS' },
  });
}

export function controllerManagerManifest({ ports, clusterName }: ManifestFacts): string {
  const conf = '/etc/kubernetes/controller-manager.conf';
  return podText({
    component: 'kube-controller-manager',
    image: `registry.k8s.io/kube-controller-manager:${kubernetesVersion}`,
    comment: '# No cloud provider here.',
    flags: [
      `--authentication-kubeconfig=${conf}`,
      `--authorization-kubeconfig=${conf}`,
      '--bind-address=127.0.0.1',
      `--client-ca-file=${pkiDir}/ca.crt`,
      `--cluster-name=${clusterName}`,
      '--controllers=*,bootstrapsigner,tokencleaner',
      `--kubeconfig=${conf}`,
      '--leader-elect=true',
      `--requestheader-client-ca-file=${pkiDir}/front-proxy-ca.crt`,
      `--root-ca-file=${pkiDir}/ca.crt`,
      `--secure-port=${ports.controllerManager}`,
      `--service-account-private-key-file=${pkiDir}/sa.key`,
      '--use-service-account-credentials=true',
    ],
    mounts: [
      ['k8s-certs', pkiDir, pkiDir, 'DirectoryOrCreate'],
      ['kubeconfig', conf, conf, 'FileOrCreate'],
    ],
    probe: { host: '127.0.0.1', path: '/healthz', port: ports.controllerManager, scheme: 'HTTPS' },
  });
}

export function schedulerManifest({ ports }: ManifestFacts): string {
  const conf = '/etc/kubernetes/scheduler.conf';
  return podText({
    component: 'kube-scheduler',
    image: `registry.k8s.io/kube-scheduler:${kubernetesVersion}`,
    comment: '# Default profile.',
    flags: [
      `--authentication-kubeconfig=${conf}`,
      `--authorization-kubeconfig=${conf}`,
      '--bind-address=127.0.0.1',
      `--kubeconfig=${conf}`,
      '--leader-elect=true',
      `--secure-port=${ports.scheduler}`,
    ],
    mounts: [['kubeconfig', conf, conf, 'FileOrCreate']],
    probe: { host: '127.0.0.1', path: '/healthz', port: ports.scheduler, scheme: 'HTTPS' },
  });
}

export function kubeletConfigText(manifestsDir: string): string {
  return `apiVersion: kubelet.config.k8s.io/v1beta1
authentication:
  anonymous:
    enabled: false
  webhook:
    cacheTTL: 0s
    enabled: true
  x509:
    clientCAFile: /etc/kubernetes/pki/ca.crt
cgroupDriver: systemd
clusterDNS:
- 10.96.0.10
clusterDomain: cluster.local
kind: KubeletConfiguration
rotateCertificates: true
staticPodPath: ${manifestsDir}
`;
}

/** A kubeconfig with everything inside, as kubeadm's are. PEM texts. */
export function kubeconfigText(
  server: string,
  user: string,
  pem: { readonly ca: string; readonly cert: string; readonly key: string },
): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${base64(pem.ca)}
    server: ${server}
  name: kubernetes
contexts:
- context:
    cluster: kubernetes
    user: ${user}
  name: ${user}@kubernetes
current-context: ${user}@kubernetes
kind: Config
preferences: {}
users:
- name: ${user}
  user:
    client-certificate-data: ${base64(pem.cert)}
    client-key-data: ${base64(pem.key)}
`;
}

/** `host:port`, an IPv6 address in brackets. */
export function hostPort(address: string, port: number): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function urls(scheme: string, addresses: readonly string[], port: number): string {
  return addresses.map((address) => `${scheme}://${hostPort(address, port)}`).join(',');
}

/** What kubeadm calls these depends on the etcd that it deploys. */
function versionFlags(etcdVersion: string): string[] {
  const [major = 3, minor = 0] = etcdVersion.split('.').map(Number);
  if (major > 3 || minor >= 6) {
    return ['--feature-gates=InitialCorruptCheck=true', '--watch-progress-notify-interval=5s'];
  }
  const check = '--experimental-initial-corrupt-check=true';
  if (minor === 5) return [check, '--experimental-watch-progress-notify-interval=5s'];
  // The oldest line logs in its own way unless it is told.
  return [check, '--logger=zap'];
}

function podText({ component, image, annotation, flags, mounts, probe, comment }: PodText): string {
  const sorted = [...mounts].sort((a, b) => (a[0] < b[0] ? -1 : 1));
  const probeText = (kind: string, failures: number, more: string) => `    ${kind}:
      failureThreshold: ${failures}
      httpGet:
        host: ${JSON.stringify(probe.host)}
        path: ${probe.path}
        port: ${probe.port}
        scheme: ${probe.scheme}
${more}      timeoutSeconds: 15`;
  return `${comment}
apiVersion: v1
kind: Pod
metadata:
${annotation === undefined ? '' : `  annotations:\n    ${annotation}\n`}  creationTimestamp: null
  labels:
    component: ${component}
    tier: control-plane
  name: ${component}
  namespace: kube-system
spec:
  containers:
  - command:
    - ${component}
${flags.map((flag) => `    - ${flag}`).join('\n')}
    image: ${image}  # pinned
    imagePullPolicy: IfNotPresent
${probeText('livenessProbe', 8, '      initialDelaySeconds: 10\n      periodSeconds: 10\n')}
    name: ${component}
    resources:
      requests:
        cpu: 100m
        memory: 100Mi
${probeText('startupProbe', 24, '      initialDelaySeconds: 10\n      periodSeconds: 10\n')}
    volumeMounts:
${sorted.map(([name, path]) => `    - mountPath: ${path}\n      name: ${name}${readOnly(name)}`).join('\n')}
  hostNetwork: true
  priority: 2000001000
  priorityClassName: system-node-critical
  securityContext:
    seccompProfile:
      type: RuntimeDefault
  volumes:
${sorted.map(([name, , path, type]) => `  - hostPath:\n      path: ${path}\n      type: ${type}\n    name: ${name}`).join('\n')}
status: {}
`;
}

function readOnly(volume: string): string {
  return volume.startsWith('etcd-') ? '' : '\n      readOnly: true';
}
