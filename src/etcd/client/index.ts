/** The client side of etcd's v3 API. */
export { type EtcdClient, type LeaseCalls, openEtcdClient } from './client.ts';
export type { CallOptions, EtcdClientOptions, EtcdUser } from './options.ts';
export { prefixEnd } from '../../base/index.ts';
export type { ServiceCalls } from './service-calls.ts';
export {
  defaultStallTimeoutMs,
  type SnapshotOptions,
  type SnapshotReceiver,
  type SnapshotTotals,
} from './snapshot.ts';
export type { SnapshotMessage } from './snapshot-decoder.ts';
export type { TlsOptions } from './tls-options.ts';
export type { WatchStream } from './watch.ts';
