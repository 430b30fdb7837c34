/** What databases and data dirs say about revisions and identity. */
export {
  type ClusterFacts,
  clusterFactsSteps,
  ClusterWatcher,
  type EncryptedValues,
  liveKeysBelow,
  type NotedKeys,
} from './cluster-facts.ts';
export {
  type DataDirFacts,
  type DataDirMember,
  readDataDirFacts,
  readDataDirRevision,
  withDataDir,
} from './data-dir-facts.ts';
