import { once } from 'node:events';
import { errnoOf, HoldfastError, type OperationContext, throwIfInterrupted } from '../../base/index.ts';
import { type EtcdServer, type EtcdStore, listenEtcdServer } from '../../etcd/server/index.ts';
import { isLoopback, type ListenAddress } from './listen-address.ts';
import { openServedStore, type ServedStoreOptions } from './open-served-store.ts';
import { readServerTls, type ServeTlsFiles } from './read-server-tls.ts';

export interface ServeOptions extends ServedStoreOptions {
  /** Default 127.0.0.1 and a free port. */
  readonly listen?: ListenAddress;
  /** Plain text without. */
  readonly tls?: ServeTlsFiles;
}

/** What is being served, and where. */
export interface ServedBackup {
  readonly source: string;
  readonly kind: 'file' | 'data-dir';
  /** `http://host:port` or `https://host:port`, with the port that was chosen. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly writable: boolean;
  readonly revision: bigint;
  /** -1 when the store was never compacted. */
  readonly compactRevision: bigint;
  /** Live keys. */
  readonly keys: number;
  /** The etcd that it says it is. */
  readonly version: string;
  /** From the call to the open port. */
  readonly tookMs: number;
}

/** A backup that answers. Disposing ends it: streams, connections, port and files. */
export interface RunningServer extends AsyncDisposable {
  readonly served: ServedBackup;
  readonly store: EtcdStore;
  readonly server: EtcdServer;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a backup and serves it as a live etcd; resolves when the port is open. The source is never written to: with
 * `writable` changes live in memory and go with the server.
 *
 * Errors: those of `openServedStore`, LISTEN_FAILED, TLS_OPTIONS_INVALID, FILE_NOT_FOUND, FILE_NOT_READABLE.
 */
export async function startServer(options: ServeOptions, ctx: OperationContext): Promise<RunningServer> {
  const startedMs = ctx.clock.monotonicMs();
  const { listen = { host: '127.0.0.1', port: 0 }, source, writable } = options;
  const tls = options.tls === undefined ? undefined : await readServerTls(options.tls);
  await using starting = new AsyncDisposableStack();
  const { store, kind } = starting.use(await openServedStore(options, ctx));
  warn(store, listen, tls?.trustedCaPem !== undefined, ctx);
  const keys = store.range({ key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0), countOnly: true }).count;
  const server = starting.use(await open(store, listen, tls, ctx));
  const { url, host, port, version } = server;
  const { currentRevision: revision, compactRevision } = store;
  const tookMs = ctx.clock.monotonicMs() - startedMs;
  const where = { source, kind, url, host, port, writable };
  const served = { ...where, revision, compactRevision, keys, version: version.server, tookMs };
  ctx.log.info('serving', { source, url, revision, keys, writable });
  const running = starting.move();
  return { served, store, server, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/**
 * Serves a backup until the context is aborted, then ends cleanly and throws INTERRUPTED.
 * @param onListening called once, when clients can come
 *
 * Errors: those of `startServer`, INTERRUPTED.
 */
export async function serve(
  options: ServeOptions,
  ctx: OperationContext,
  onListening: (served: ServedBackup) => void,
): Promise<never> {
  {
    await using running = await startServer(options, ctx);
    onListening(running.served);
    if (!ctx.signal.aborted) await once(ctx.signal, 'abort');
    ctx.log.info('stopping', { connections: running.server.connectionCount });
  }
  throwIfInterrupted(ctx.signal);
  throw new HoldfastError('DEFECT', 'the server stopped without being told to');
}

async function open(
  store: EtcdStore,
  { host, port }: ListenAddress,
  tls: Awaited<ReturnType<typeof readServerTls>> | undefined,
  ctx: OperationContext,
): Promise<EtcdServer> {
  const onFailure = (error: unknown) =>
    ctx.log.warn('the source cannot be read any more', {
      reason: error instanceof Error ? error.message : String(error),
    });
  try {
    return await listenEtcdServer({ store, host, port, clock: ctx.clock, onFailure, ...(tls && { tls }) });
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === undefined) throw cause;
    throw new HoldfastError(
      'LISTEN_FAILED',
      `cannot listen on ${host}:${port}: ${errnoWords[errno] ?? errno}`,
      {
        details: { host, port, errno },
        cause,
      },
    );
  }
}

const errnoWords: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the address is in use',
  EADDRNOTAVAIL: 'this machine does not have the address',
  EACCES: 'permission denied',
  ENOTFOUND: 'the name is not known',
};

/** What a backup holds is as secret as the cluster: whoever opens it to others should know. */
function warn(
  store: EtcdStore,
  { host }: ListenAddress,
  asksCertificates: boolean,
  ctx: OperationContext,
): void {
  if (!isLoopback(host) && !asksCertificates)
    ctx.events({
      type: 'warning',
      code: 'serve-open',
      message: `whoever can reach ${host} can read every key: give --cert, --key and --trusted-ca to ask for certificates`,
    });
  if (store.facts.authEnabled)
    ctx.events({
      type: 'warning',
      code: 'serve-no-auth',
      message: 'the backup has authentication enabled; this server asks for no users',
    });
}
