import type { ManifestRole, RecoveryPlan } from './recovery-plan.ts';

/**
 * The phases of a recovery. On several hosts each runs everywhere before the next begins; undone, they run backwards.
 */
export const phases = [
  'stage',
  'fence-clients',
  'fence-etcd',
  'swap',
  'start-etcd',
  'verify-etcd',
  'start-api-server',
  'verify-api-server',
  'start-others',
  'restart-kubelet',
  'commit',
] as const;

export type Phase = (typeof phases)[number];

/** What each phase does, for plans and progress. */
export const phaseTitles: Readonly<Record<Phase, string>> = {
  stage: 'restore beside the data dir and check the result',
  'fence-clients': 'take API server, controller manager and scheduler away',
  'fence-etcd': 'take etcd away',
  swap: 'put the restored data in place, keep the old',
  'start-etcd': 'give etcd back to the kubelet',
  'verify-etcd': 'check the running etcd against the snapshot',
  'start-api-server': 'give the API server back to the kubelet',
  'verify-api-server': 'compare what the API server lists with the snapshot',
  'start-others': 'give the other components back to the kubelet',
  'restart-kubelet': 'restart the kubelet',
  commit: 'write the ledger and close the journal',
};

/** The phases in which something is to be done on at least one host. */
export function phasesOf({ hosts }: RecoveryPlan): readonly Phase[] {
  const has = (...roles: ManifestRole[]) =>
    hosts.some(({ manifests }) => manifests.some(({ role }) => roles.includes(role)));
  const isNeeded: Partial<Record<Phase, boolean>> = {
    'fence-clients': has('kube-apiserver', 'kube-controller-manager', 'kube-scheduler'),
    'start-api-server': has('kube-apiserver'),
    'verify-api-server': hosts.some(({ apiServer }) => apiServer !== undefined),
    'start-others': has('kube-controller-manager', 'kube-scheduler'),
    'restart-kubelet': hosts.some(({ kubeletUnit }) => kubeletUnit !== undefined),
  };
  return phases.filter((phase) => isNeeded[phase] ?? true);
}
