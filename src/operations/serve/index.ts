/** A backup served as a live etcd. */
export { type ListenAddress, parseListenAddress } from './listen-address.ts';
export type { ServedStoreOptions } from './open-served-store.ts';
export type { ServeTlsFiles } from './read-server-tls.ts';
export { type RunningServer, serve, startServer, type ServedBackup, type ServeOptions } from './serve.ts';
