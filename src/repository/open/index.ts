/** An open repository: its keys, its index, what lies in packs, and the small objects around them. */
export {
  type BackupList,
  deleteRecord,
  listBackupIds,
  listBackups,
  putRecord,
  readRecord,
} from './backups.ts';
export { initRepository, type InitRepositoryOptions } from './init-repository.ts';
export { openRepository, type OpenRepositoryOptions, readConfigs } from './open-repository.ts';
export {
  type ContentName,
  readContents,
  type ReadContentsOptions,
  tryReadContents,
} from './read-contents.ts';
export { Repository, segmentDirectory, segmentName } from './repository.ts';
export {
  deleteSession,
  listSessions,
  openSession,
  type Session,
  type StoredSession,
  thisProcess,
} from './sessions.ts';
export {
  getSealed,
  isUnreadable,
  listSealed,
  type NamedStatement,
  putSealed,
  putSlot,
  readSlots,
  type SealedStore,
} from './small-objects.ts';
export {
  deletePins,
  deletePruneMarker,
  isPinned,
  listPins,
  listPruneMarkers,
  listResults,
  listTombstones,
  putPin,
  putPruneMarker,
  putResult,
  putTombstone,
} from './statements.ts';
