/** `snapshot status`: what is in this file, in five numbers. */
export {
  snapshotStatus,
  type SnapshotStatus,
  type SnapshotStatusOptions,
  structureError,
} from './snapshot-status.ts';
