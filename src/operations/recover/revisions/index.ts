/** What databases and data dirs say about revisions and identity. */
export {
  type ClusterFacts,
  clusterFactsSteps,
  ClusterWatcher,
  type EncryptedValues,
  liveKeysBelow,
} from './cluster-facts.ts';
export {
  type DataDirFacts,
  type DataDirMember,
  readDataDirFacts,
  readDataDirRevision,
} from './data-dir-facts.ts';
