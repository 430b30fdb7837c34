/** `snapshot hashkv`: the hash of a file's history, to compare with what members answer. */
export { snapshotHashKv, type SnapshotHashKvOptions } from './snapshot-hash-kv.ts';
