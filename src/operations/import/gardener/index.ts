/** Full and delta snapshots of Gardener's etcd-backup-restore. */
export { type AppliedDeltas, applyDeltas } from './apply-deltas.ts';
export { newestChain, type SnapshotChain } from './choose-chain.ts';
export { RowFile } from './row-file.ts';
