/** A database served as a living store. */
export { openStore } from './open-store.ts';
export type {
  EtcdStore,
  OpenStoreOptions,
  StoreCommit,
  StoreEvent,
  StoreFacts,
  StoreHash,
  StoreRange,
  StoreRangeResult,
  StoreRecords,
  StoreSnapshot,
  WriteTransaction,
} from './store.ts';
