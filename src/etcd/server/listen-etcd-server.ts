import { type Clock, systemClock } from '../../base/index.ts';
import { Auth, Cluster, Health, KV, Lease, Maintenance, Watch } from '../api.ts';
import { Lessor } from './lease/index.ts';
import {
  authMethods,
  clusterMethods,
  createKvService,
  healthMethods,
  healthPages,
  kvMethods,
  leaseMethods,
  maintenanceMethods,
  maxRequestBytes,
  requestOverheadBytes,
  responseHeaders,
  type ServedVersion,
  servedVersion,
  type ServerIdentity,
  statusOf,
  watchMethods,
  waysOf,
  WriteGate,
} from './services/index.ts';
import type { EtcdStore } from './store/index.ts';
import { listen, type Listener, rpcMethods, type ServerTlsOptions } from './transport/index.ts';
import { WatchHub } from './watch/index.ts';

export interface EtcdServerOptions {
  /** Stays the caller's: it is not closed with the server. */
  readonly store: EtcdStore;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Plain text without. */
  readonly tls?: ServerTlsOptions;
  /** Where members send clients; by default where it listens. */
  readonly advertiseUrl?: string;
  readonly clock?: Clock;
  /** Pause between two progress notifications of a watch; default ten minutes, as etcd. */
  readonly progressIntervalMs?: number;
  /** How long a new connection may say nothing; default 20 s. */
  readonly silenceMs?: number;
  /** How much of whole responses may wait for clients to read them; default 256 MiB. Large ranges are sent in pieces. */
  readonly mostUnreadBytes?: number;
  /** Told of what goes wrong behind the back of every call. */
  readonly onFailure?: (error: unknown) => void;
}

/** A store that answers as an etcd member. Disposing closes it. */
export interface EtcdServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** `http://host:port` or `https://host:port`. */
  readonly url: string;
  readonly version: ServedVersion;
  readonly identity: ServerIdentity;
  readonly connectionCount: number;
  /** Ends open streams, closes connections and the port. */
  close(graceMs?: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const tenMinutesMs = 600_000;

/**
 * Serves a store: etcd's gRPC API with health service, and `/version`, `/health`, `/livez`, `/readyz` on the same port.
 * Rejects with the system's error when the port cannot be had or a certificate cannot be used.
 */
export async function listenEtcdServer(options: EtcdServerOptions): Promise<EtcdServer> {
  const { store, host = '127.0.0.1', port = 0, tls } = options;
  using starting = new DisposableStack();
  const headers = responseHeaders(store);
  const version = servedVersion(store.facts);
  const ways = waysOf(version);
  const gate = new WriteGate(store);
  const lessor = starting.use(lessorOf(options));
  const hub = starting.use(hubOf(options));
  const kv = createKvService({
    store,
    header: headers.header,
    hasLease: (id) => lessor.has(id),
    ways,
  });
  const scheme = tls === undefined ? 'http' : 'https';
  const url = (): string => `${scheme}://${bracketed(host)}:${listener.port}`;
  const listener: Listener = await listen({
    host,
    port,
    ...(tls === undefined ? {} : { tls }),
    ...(options.silenceMs === undefined ? {} : { silenceMs: options.silenceMs }),
    ...(options.mostUnreadBytes === undefined ? {} : { mostUnreadBytes: options.mostUnreadBytes }),
    methods: [
      ...rpcMethods(KV, kvMethods({ kv, store, gate, headers })),
      ...rpcMethods(Watch, watchMethods(hub, headers)),
      ...rpcMethods(Lease, leaseMethods(lessor, gate, headers)),
      ...rpcMethods(
        Cluster,
        clusterMethods(store, headers, () => options.advertiseUrl ?? url()),
      ),
      ...rpcMethods(Maintenance, maintenanceMethods({ store, gate, headers, version })),
      ...rpcMethods(Auth, authMethods(store, headers, ways)),
      ...rpcMethods(Health, healthMethods()),
    ],
    pages: healthPages(store, version),
    statusOf,
    maxRequestBytes: maxRequestBytes + requestOverheadBytes,
  });
  const running = starting.move();
  const close = async (graceMs?: number) => {
    await listener.close(graceMs);
    running.dispose();
  };
  return {
    host,
    port: listener.port,
    url: url(),
    version,
    identity: headers.identity,
    get connectionCount() {
      return listener.connectionCount;
    },
    close,
    [Symbol.asyncDispose]: () => close(),
  };
}

function lessorOf({ store, clock = systemClock, onFailure = () => {} }: EtcdServerOptions): Lessor {
  return new Lessor({ store, clock, onFailure });
}

function hubOf({ store, progressIntervalMs = tenMinutesMs }: EtcdServerOptions): WatchHub {
  return new WatchHub({ store, progressIntervalMs, fragmentBytes: maxRequestBytes + requestOverheadBytes });
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
