/** etcd's write-ahead log: frames, records, raft's messages, and reading a log as a whole. */
export {
  buildRestoreWal,
  confStateOfVoters,
  type RestoreFlavour,
  type RestoreWalMember,
  type RestoreWalOptions,
  walSegmentSizeBytes,
} from './build-restore-wal.ts';
export { decodeFrameSize, encodeFrame, type FrameSize, frameHeaderBytes } from './frame.ts';
export {
  type ConfChange,
  type ConfChangeV2,
  type ConfState,
  confChangeTypes,
  decodeConfChange,
  decodeConfChangeV2,
  decodeConfState,
  decodeEntry,
  decodeHardState,
  decodeSnapshotMetadata,
  decodeWalMetadata,
  decodeWalSnapshot,
  type EncodeOptions,
  encodeConfChange,
  encodeConfChangeV2,
  encodeConfState,
  encodeEntry,
  encodeHardState,
  encodeSnapshotMetadata,
  encodeWalMetadata,
  encodeWalSnapshot,
  entryTypes,
  type HardState,
  type RaftEntry,
  type SnapshotMetadata,
  type WalMetadata,
  type WalSnapshot,
} from './raft-messages.ts';
export {
  type ReadWalOptions,
  readWal,
  readWalEntry,
  type WalContents,
  type WalEntryRef,
} from './read-wal.ts';
export {
  decodeWalRecord,
  encodeWalRecord,
  type WalRecord,
  type WalRecordType,
  walRecordTypes,
} from './record.ts';
export { type ScannedRecord, scanWal, type WalEnd, type WalSegment } from './scan-wal.ts';
export {
  formatWalSegmentName,
  parseWalSegmentName,
  type WalSegmentName,
  walSegmentNames,
} from './segment-name.ts';
