/**
 * Holdfast as a library: the operations behind its commands, the context that they take, and the errors that they
 * throw; and files as sources of bytes for the formats. The layers below have doors of their own: `holdfast/etcd`, `holdfast/bbolt`, `holdfast/mvcc`, `holdfast/wal`,
 * `holdfast/raft-snapshot`, `holdfast/data-dir`, `holdfast/kubernetes-object`.
 */
export {
  type ByteSource,
  type Clock,
  type ErrorCode,
  type ErrorCodeRow,
  type ErrorDetails,
  errorCodes,
  type FileSource,
  type Finding,
  hasCode,
  HoldfastError,
  isHoldfastError,
  type LogFields,
  type Logger,
  memorySource,
  openFileSource,
  operationContext,
  type OperationContext,
  type OperationEvent,
  silentLogger,
  systemClock,
} from './base/index.ts';
export * from './operations/index.ts';
