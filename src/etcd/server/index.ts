/** A database served as a live etcd: the store, the services over it, the port. */
export {
  type EtcdServer,
  type EtcdServerOptions,
  listenEtcdServer,
} from './listen-etcd-server.ts';
export type { ServedVersion, ServerIdentity } from './services/index.ts';
export {
  type EtcdStore,
  openStore,
  type OpenStoreOptions,
  type StoreCommit,
  type StoreEvent,
  type StoreFacts,
  type StoreHash,
  type StoreRange,
  type StoreRangeResult,
  type StoreSnapshot,
  type WriteTransaction,
} from './store/index.ts';
export type { ServerTlsOptions } from './transport/index.ts';
