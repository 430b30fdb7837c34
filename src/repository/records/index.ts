/** The small objects of a repository as JSON: records of backups, and what is said about them. */
export {
  type BackupBundle,
  type BackupCluster,
  type BackupHashes,
  type BackupRecord,
  type BackupSource,
  type BackupStored,
  type BackupTotals,
  decodeRecord,
  encodeRecord,
  recordDirectory,
  recordName,
  type ResourceTotal,
} from './backup-record.ts';
export { compareStamps, isStamp, newStamp, stampTimeMs } from './stamp.ts';
export {
  decodePin,
  decodePruneMarker,
  decodeResult,
  decodeSession,
  decodeTombstone,
  encodePin,
  encodePruneMarker,
  encodeResult,
  encodeSession,
  encodeTombstone,
  type Pin,
  type PruneMarker,
  type ResultFinding,
  type SessionStatement,
  type Tombstone,
  type VerificationResult,
} from './statements.ts';
