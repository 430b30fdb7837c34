/** Floor 2: one interface to stores of objects, the stores, and what wraps them. */
export {
  type ContractCheck,
  type ContractOptions,
  type ContractPlace,
  contractChecks,
  contractPrefix,
  type ContractResult,
  runContract,
  runContractCheck,
} from './contract/index.ts';
export {
  type FilesystemStorageOptions,
  openFilesystemStorage,
  removeEmptyDirectories,
} from './filesystem/index.ts';
export { type MemoryStorageOptions, openMemoryStorage } from './memory/index.ts';
export {
  openStorage,
  type OpenStorageOptions,
  parseStorageLocation,
  type StorageLocation,
} from './open-storage.ts';
export type { S3Credentials, S3StorageOptions } from './s3/index.ts';
export { requireObjectName, requirePrefix } from './object-name.ts';
export {
  defaultGetLimitBytes,
  type GetOptions,
  type ObjectStat,
  type PutOptions,
  type RequestOptions,
  type Storage,
  type StorageCapabilities,
} from './storage.ts';
export {
  type Fault,
  type FaultPlan,
  faultyStorage,
  type RateLimits,
  rateLimitedStorage,
  readOnlyStorage,
  type RetryOptions,
  retryingStorage,
  type StorageAction,
} from './wrappers/index.ts';
