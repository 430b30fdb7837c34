/** A database served as a living store. */
export type {
  EtcdStore,
  OpenStore,
  OpenStoreOptions,
  StoreCommit,
  StoreEvent,
  StoreFacts,
  StoreHash,
  StoreRange,
  StoreRangeResult,
  StoreSnapshot,
  WriteTransaction,
} from './store.ts';
