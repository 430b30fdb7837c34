/** What etcd keeps inside its database: buckets, revisions, records, the key space and its hashes. */
export { alarmTypes, type AlarmRecord, decodeAlarmKey, encodeAlarmKey, formatAlarm } from './alarm-record.ts';
export {
  decodeAuthEnabled,
  decodeRole,
  decodeUser,
  encodeAuthEnabled,
  encodeRole,
  encodeUser,
  type KeyPermission,
  permissionTypes,
  type RoleRecord,
  type UserRecord,
} from './auth-records.ts';
export { buildKeyspace, buildKeyspaceSteps } from './build-keyspace.ts';
export { Uint32Column, Uint64Column } from './columns.ts';
export { decodeExactJson, formatGoJsonString, jsonObject } from './exact-json.ts';
export {
  hashKv,
  type HashKv,
  type HashKvOptions,
  hashKvSteps,
  type NewestHashes,
  newestHashesSteps,
} from './hash-kv.ts';
export { HashKvRows } from './hash-kv-rows.ts';
export { collectKeysSteps, KeySet, type LiveKeySet, type RowLook } from './key-set.ts';
export { KeyArena } from './key-arena.ts';
export { KeyTable } from './key-table.ts';
export { decodeKeyValue, encodeKeyValue, encodeTombstone, type KeyValue } from './key-value.ts';
export { type KeyAtRow, type KeyGeneration, type KeyRange, Keyspace } from './keyspace.ts';
export {
  decodeLease,
  decodeLeaseKey,
  encodeLease,
  encodeLeaseKey,
  type LeaseRecord,
} from './lease-record.ts';
export {
  decodeDowngrade,
  decodeMember,
  decodeMemberKey,
  type DowngradeRecord,
  encodeDowngrade,
  encodeMember,
  encodeMemberKey,
  formatMemberId,
  type MemberRecord,
  removedMemberValue,
} from './member-records.ts';
export {
  compareMinorVersions,
  type ConfState,
  decodeCompactionMark,
  decodeConfState,
  decodeUint64Record,
  decodeVersionRecord,
  encodeCompactionMark,
  encodeConfState,
  encodeUint64Record,
  encodeVersionRecord,
  type SchemaVersion,
} from './meta-records.ts';
export { RecordScanner } from './record-scanner.ts';
export {
  compareMain,
  compareRevisions,
  decodeRevision,
  encodeRevision,
  isRevisionKeyAt,
  readUint32At,
  type Revision,
  type RevisionBound,
  revisionBound,
  revisionKeyBytes,
  revisionKeyFault,
} from './revision.ts';
export { authKeys, type BucketName, bucketNames, clusterKeys, metaKeys } from './schema-buckets.ts';
export {
  keyCountRule,
  type KeyCountRule,
  readStorageVersion,
  snapshotHash,
  type StatusNumbers,
  statusNumbers,
  statusNumbersSteps,
} from './snapshot-hash.ts';
export { type KeyValueStoreFile, scanRows, type StoreBucket, type StoreEntry } from './store-file.ts';
export {
  type CompactionMarks,
  readCompactionMarks,
  readStoreRevision,
  resolveRevision,
  type StoreRevision,
} from './store-revision.ts';
