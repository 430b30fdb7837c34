/** What a recovery does on one host, step by step, and how each step is undone. */
import { verifyApiServerSteps, verifyEtcdSteps } from './verify-steps.ts';
import { commitSteps } from './commit-steps.ts';
import { kubeletSteps } from './kubelet-step.ts';
import { fenceClientSteps, fenceEtcdSteps, startSteps } from './manifest-steps.ts';
import { revisionSteps } from './revision-step.ts';
import { stageSteps } from './stage-steps.ts';
import type { StepWork } from '../work/index.ts';
import type { Step } from './step.ts';
import { swapSteps } from './swap-steps.ts';

export { exists, removeEmptyDirectory } from './move-path.ts';
export { kubeletFact } from './kubelet-step.ts';
export { sanitizedFact } from './stage-steps.ts';
export type { Step } from './step.ts';

/** All steps of a host in order; undone, they run backwards. */
export function stepsOf(work: Pick<StepWork, 'plan' | 'host'>): readonly Step[] {
  return [
    ...stageSteps(work),
    ...fenceClientSteps(work),
    ...fenceEtcdSteps(work),
    ...swapSteps(work),
    ...revisionSteps(),
    ...startSteps(work, 'start-etcd', ['etcd']),
    ...verifyEtcdSteps(),
    ...startSteps(work, 'start-api-server', ['kube-apiserver']),
    ...verifyApiServerSteps(work),
    ...startSteps(work, 'start-others', ['kube-controller-manager', 'kube-scheduler']),
    ...kubeletSteps(work),
    ...commitSteps(),
  ];
}
