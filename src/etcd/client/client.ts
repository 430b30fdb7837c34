import type { MessageInitShape } from '@bufbuild/protobuf';
import { silentLogger } from '../../base/index.ts';
import type { LeaseKeepAliveResponse, WatchCreateRequestSchema } from '../api.ts';
import { Calls } from './calls.ts';
import { EndpointSet } from './endpoint-set.ts';
import { keepAlive, keepAliveOnce } from './lease-keep-alive.ts';
import type { CallOptions, EtcdClientOptions } from './options.ts';
import { type ServiceCalls, serviceCalls } from './service-calls.ts';
import type { Services } from './service-names.ts';
import {
  receiveSnapshot,
  type SnapshotOptions,
  type SnapshotReceiver,
  type SnapshotTotals,
} from './snapshot.ts';
import { openWatch, type WatchStream } from './watch.ts';

/** The calls of the Lease service, and its keep-alive stream in two useful forms. */
export interface LeaseCalls extends ServiceCalls<Services['Lease']> {
  /** Renews once. Errors: ETCD_ERROR "etcdserver: requested lease not found" when the lease is gone. */
  keepAliveOnce(id: bigint, options?: CallOptions): Promise<LeaseKeepAliveResponse>;
  /** Renews every third of the time to live and yields each reply; ends when the lease is gone. */
  keepAlive(id: bigint, options?: CallOptions): AsyncIterable<LeaseKeepAliveResponse>;
}

/**
 * A live etcd cluster. Every call dials when it has to, tries the endpoints in turn, and throws HoldfastErrors:
 * ETCD_UNREACHABLE, TLS_*, SERVER_REQUIRES_TLS, SERVER_SPEAKS_PLAINTEXT (no connection), TIMEOUT, CONNECTION_LOST,
 * ETCD_UNAVAILABLE (no leader, …), AUTH_REQUIRED, AUTH_FAILED, PERMISSION_DENIED, REVISION_COMPACTED,
 * REVISION_FUTURE, ETCD_ERROR (anything else that the server says), INTERRUPTED.
 */
export interface EtcdClient extends AsyncDisposable {
  /** As given, trimmed. */
  readonly endpoints: readonly string[];
  readonly kv: ServiceCalls<Services['KV']>;
  readonly lease: LeaseCalls;
  readonly cluster: ServiceCalls<Services['Cluster']>;
  readonly maintenance: ServiceCalls<Services['Maintenance']>;
  readonly auth: ServiceCalls<Services['Auth']>;
  /** Starts a watch, on a stream of its own. */
  watch(request: MessageInitShape<typeof WatchCreateRequestSchema>, options?: CallOptions): WatchStream;
  /** Streams a member's database; `saveSnapshot` makes a verified file of it. */
  snapshot(receiver: SnapshotReceiver, options?: SnapshotOptions): Promise<SnapshotTotals>;
  /** Ends every call and connection. */
  close(): Promise<void>;
}

/**
 * Opens a client. Nothing is dialled before the first call; close it with `close` or `await using`.
 *
 * Errors: USAGE (endpoints), TLS_OPTIONS_INVALID.
 */
export function openEtcdClient(options: EtcdClientOptions): EtcdClient {
  const endpoints = new EndpointSet(options);
  const calls = new Calls(endpoints, options);
  const log = options.log ?? silentLogger;
  if (options.tls?.insecureSkipVerify === true) log.warn('server certificates are not verified');
  const close = () => calls.close();
  return {
    endpoints: endpoints.texts,
    kv: serviceCalls('KV', calls),
    lease: {
      ...serviceCalls('Lease', calls),
      keepAliveOnce: (id, callOptions = {}) => keepAliveOnce(calls, id, callOptions),
      keepAlive: (id, callOptions = {}) => keepAlive(calls, id, callOptions),
    },
    cluster: serviceCalls('Cluster', calls),
    maintenance: serviceCalls('Maintenance', calls),
    auth: serviceCalls('Auth', calls),
    watch: (request, callOptions = {}) => openWatch(calls, request, callOptions, log),
    snapshot: (receiver, snapshotOptions = {}) => receiveSnapshot(calls, receiver, snapshotOptions),
    close,
    [Symbol.asyncDispose]: close,
  };
}
