import { memorySource, operationContext, utf8 } from '../../src/base/index.ts';
import {
  type EtcdServer,
  type EtcdServerOptions,
  type EtcdStore,
  listenEtcdServer,
  openStore,
} from '../../src/etcd/server/index.ts';
import { openDatabase } from '../../src/formats/bbolt/index.ts';
import { encodeKeyValue, encodeRevision } from '../../src/formats/mvcc/index.ts';
import { buildDatabase } from './build-database.ts';

/** A writable store in memory with the key `first` at revision 2. */
export function openTestStore(options: { readonly writable?: boolean } = {}): Promise<EtcdStore> {
  const revision = encodeRevision({ main: 2n, sub: 0n, tombstone: false });
  const record = { createRevision: 2n, modRevision: 2n, version: 1n, lease: 0n };
  const value = encodeKeyValue({ key: utf8('first'), value: utf8('1'), ...record });
  const names = ['alarm', 'auth', 'authRoles', 'authUsers', 'cluster'];
  const bytes = buildDatabase([
    ...names.map((name) => ({ name: utf8(name), items: [] })),
    { name: utf8('key'), items: [{ key: revision, value }] },
    ...['lease', 'members', 'members_removed', 'meta'].map((name) => ({ name: utf8(name), items: [] })),
  ]);
  const { writable = true } = options;
  return openStore({ database: openDatabase(memorySource(bytes)), writable }, operationContext());
}

/** A server over such a store; the store is beside it. */
export async function serveTestStore(
  options: Partial<EtcdServerOptions> = {},
): Promise<{ readonly store: EtcdStore; readonly server: EtcdServer } & AsyncDisposable> {
  const store = options.store ?? (await openTestStore());
  const server = await listenEtcdServer({ ...options, store });
  return { store, server, [Symbol.asyncDispose]: () => server.close() };
}

/** Puts one key, as a client would. */
export function putKey(store: EtcdStore, key: string, value: string | Uint8Array = 'x', lease = 0n): bigint {
  const transaction = store.begin();
  transaction.put(utf8(key), typeof value === 'string' ? utf8(value) : value, lease);
  return transaction.commit().revision;
}
