/** What databases and data dirs say about revisions and identity. */
export {
  type DataDirFacts,
  type DataDirMember,
  readDataDirFacts,
  readDataDirRevision,
} from './data-dir-facts.ts';
export { readNodeNames } from './node-names.ts';
export { readKubeSystemUid } from './kube-system-uid.ts';
export { countUserKeys } from './user-keys.ts';
