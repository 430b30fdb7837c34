import { cp, mkdir } from 'node:fs/promises';
import { snapDirectory, walDirectory } from '../../src/formats/data-dir/index.ts';
import type { HashKv } from '../../src/formats/mvcc/index.ts';
import type { EtcdServer } from './etcd-server.ts';
import { etcdctlJson } from './etcdctl.ts';
import { int64, type JsonObject } from './lossless-json.ts';

/**
 * Copies a data dir, of a running member too. The database goes before the log: what the member adds meanwhile is in
 * the log then. Resolves to the copy's path.
 */
export async function copyDataDir(dataDir: string, to: string): Promise<string> {
  await mkdir(to, { mode: 0o700, recursive: true });
  await cp(snapDirectory(dataDir), snapDirectory(to), { recursive: true });
  await cp(walDirectory(dataDir), walDirectory(to), { recursive: true });
  return to;
}

/** What a member says its HashKV at a revision is. */
export async function hashKvOf(server: EtcdServer, revision: bigint): Promise<HashKv> {
  const answers = await etcdctlJson(server, ['endpoint', 'hashkv', `--rev=${revision}`]);
  const [answer] = answers as unknown as JsonObject[];
  const { hash, compact_revision: compact, hash_revision: at } = answer!['HashKV'] as JsonObject;
  return {
    hash: Number(int64(hash)),
    // Before 3.6 the answer does not say.
    hashRevision: at === undefined ? revision : int64(at),
    compactRevision: int64(compact),
  };
}
