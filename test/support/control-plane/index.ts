/**
 * A kubeadm control plane on one machine, without Kubernetes: a static-pod runner in place of the kubelet, the real
 * etcd, and stand-ins for the API server, the controller manager and the scheduler. For tests and the demo only.
 */
export { type ApiAnswer, type ApiConnection, openApiConnection } from '../../../src/sandbox/index.ts';
export type {
  ControlPlane,
  ControlPlaneLayout,
  ControlPlaneOptions,
  LayoutOptions,
  NodeRunner,
  StartOptions,
  StoredObjects,
} from './control-plane-options.ts';
export {
  type Authorities,
  type ControlPlanePorts,
  createAuthorities,
  kubeadmPorts,
  type KubeadmPki,
  type PlannedNode,
} from '../../../src/operations/demo/index.ts';
export { askPatiently } from './ask-patiently.ts';
export { layOutControlPlane } from './lay-out.ts';
export { makeControlPlane, startControlPlane } from './control-plane.ts';
export { startNodeRunner } from './node-runner.ts';
export {
  type ProgramTable,
  readEvents,
  type RunnerEvent,
  runningContainers,
  type RunningContainer,
  type StaticPodRunner,
  type StaticPodRunnerOptions,
  startStaticPodRunner,
} from '../../../src/sandbox/index.ts';
export { waitForEvent } from './wait-for-event.ts';
export { loadObjects, sampleObjects } from './sample-objects.ts';
