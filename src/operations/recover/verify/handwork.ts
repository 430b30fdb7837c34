import type { RecoveryPlan } from '../plan/index.ts';

/** What no program on these hosts can do, in sentences. */
export function describeHandwork(plan: RecoveryPlan): string[] {
  const byHand = plan.hosts.filter(({ kubeletUnit }) => kubeletUnit === undefined).map(({ host }) => host);
  const hasApiServer = plan.hosts.some(({ apiServer }) => apiServer !== undefined);
  return [
    ...(byHand.length > 0
      ? [`Restart the kubelet on ${byHand.join(', ')}: it still knows pods that the cluster no longer has.`]
      : []),
    ...(hasApiServer
      ? ['Restart the kubelet on all other nodes (systemctl restart kubelet), for the same reason.']
      : []),
  ];
}
