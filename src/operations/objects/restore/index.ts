/** Objects out of a source, put back through an API server. */
export { readKubeconfigFile } from './read-kubeconfig.ts';
export {
  type ConflictRule,
  type RestoredObject,
  type RestoreObjectsOptions,
  type RestoreObjectsResult,
  type RestoreOutcome,
  restoreOutcomes,
} from './restore-types.ts';
export { restoreObjects } from './restore-objects.ts';
