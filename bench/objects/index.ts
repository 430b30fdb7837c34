/** Looking into snapshots of clusters: `objects list` beside the real etcd and beside auger. */
export { findAuger } from './auger.ts';
export { compareLists, compareSecondLooks, type ListCaseOptions } from './compare-lists.ts';
export { ClusterHistory } from './cluster-history.ts';
export { objectsDataset } from './objects-dataset.ts';
export { etcdRestore } from './etcd-answer.ts';
