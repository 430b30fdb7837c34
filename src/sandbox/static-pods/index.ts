/** What stands for the kubelet: the static pods of a directory as processes of this machine. */
export { hostPathToLocal } from './container-paths.ts';
export { parseStaticPodPath } from './pod-manifest.ts';
export type { ProgramTable } from './program-table.ts';
export { type RunnerEvent, type RunningContainer, readEvents, runningContainers } from './runner-events.ts';
export {
  type StaticPodRunner,
  type StaticPodRunnerOptions,
  startStaticPodRunner,
} from './static-pod-runner.ts';
