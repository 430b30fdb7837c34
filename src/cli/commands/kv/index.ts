/** Keys of a live cluster, as with etcdctl; `keys` takes the same flags for what is in a file. */
export { compactionCommand } from './compaction.ts';
export { delCommand } from './del.ts';
export { getCommand } from './get.ts';
export { getFlags } from './key-flags.ts';
export { putCommand } from './put.ts';
export { txnCommand } from './txn.ts';
export { watchCommand } from './watch.ts';

/** From words to requests; it brings the messages of etcd's API with it, so that only who needs it loads it. */
export const loadRequests = () => import('./requests.ts');
