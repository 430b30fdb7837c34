/**
 * Floor 5: stand-ins for the programs of a control-plane node, which `main.ts` starts. This door is for those who start
 * them and look at what they do.
 */
export { type ApiAnswer, type ApiConnection, openApiConnection } from './api-connection.ts';
export {
  hostPathToLocal,
  type ProgramTable,
  readEvents,
  type RunnerEvent,
  runningContainers,
  type RunningContainer,
  type StaticPodRunner,
  type StaticPodRunnerOptions,
  startStaticPodRunner,
} from './static-pods/index.ts';
