/** Keys and values of a live etcd, all as of one revision, asked for page by page. */
import { HoldfastError } from '../../../base/index.ts';
import {
  type EtcdClient,
  type EtcdClientOptions,
  Event_EventType,
  type KeyValue,
  openEtcdClient,
  prefixEnd,
  RangeRequest_SortOrder,
  RangeRequest_SortTarget,
} from '../../../etcd/index.ts';
import { findStoragePrefixes, knownStoragePrefixes } from '../../../formats/kubernetes-object/index.ts';
import type { KeyRange } from '../../../formats/mvcc/index.ts';
import type { ObjectSource, SourceEntry, SourceKey, SourceRevision, SourceRow } from './object-source.ts';

export interface LiveSourceOptions {
  readonly client: EtcdClientOptions;
  readonly revision: bigint;
  readonly prefix: string | undefined;
}

/** Keys in one answer; with values fewer, as one may have a megabyte and a half. */
const keysInPage = 5000n;
const entriesInPage = 200n;
const askAgainMs = 200;
const zeroByte = new Uint8Array(1);

/** Opens a live etcd at one revision. Errors: those of the client; REVISION_COMPACTED, REVISION_FUTURE. */
export async function openLiveSource(options: LiveSourceOptions): Promise<ObjectSource> {
  const client = openEtcdClient(options.client);
  try {
    const { header } = await client.kv.range({
      key: zeroByte,
      countOnly: true,
      revision: options.revision,
    });
    const current = header?.revision ?? 0n;
    const revision = options.revision === 0n ? current : options.revision;
    const prefixes = options.prefix === undefined ? await findPrefixes(client, revision) : [options.prefix];
    return new LiveSource(client, prefixes, revision, current);
  } catch (error) {
    await client.close();
    throw error;
  }
}

async function findPrefixes(client: EtcdClient, revision: bigint): Promise<readonly string[]> {
  const found: string[] = [];
  for (const prefix of knownStoragePrefixes) {
    const key = Buffer.from(`${prefix}/`);
    const { kvs } = await client.kv.range({
      key,
      rangeEnd: prefixEnd(key),
      limit: 1n,
      keysOnly: true,
      revision,
    });
    if (kvs.length > 0) found.push(prefix);
  }
  if (found.length > 0) return found;
  const keys: Uint8Array[] = [];
  for await (const page of pagesOf(client, revision, { from: zeroByte }, true))
    for (const { key } of page) keys.push(key);
  return findStoragePrefixes(keys);
}

/** Pages of a range in the order of keys. */
async function* pagesOf(
  client: EtcdClient,
  revision: bigint,
  { from, to }: KeyRange,
  keysOnly: boolean,
): AsyncGenerator<readonly KeyValue[]> {
  let key = from.length === 0 ? zeroByte : from;
  for (;;) {
    const limit = keysOnly ? keysInPage : entriesInPage;
    const { kvs, more } = await client.kv.range({ key, rangeEnd: to ?? zeroByte, revision, limit, keysOnly });
    yield kvs;
    const last = kvs.at(-1);
    if (!more || last === undefined) return;
    key = new Uint8Array(last.key.length + 1);
    key.set(last.key);
  }
}

class LiveSource implements ObjectSource {
  readonly kind = 'live';
  readonly description: string;
  readonly prefixes: readonly string[];
  readonly revision: bigint;
  readonly currentRevision: bigint;
  readonly compactRevision = -1n;
  readonly #client: EtcdClient;

  constructor(client: EtcdClient, prefixes: readonly string[], revision: bigint, current: bigint) {
    this.#client = client;
    this.description = client.endpoints.join(', ');
    this.prefixes = prefixes;
    this.revision = revision;
    this.currentRevision = current;
  }

  async *keys(range: KeyRange = { from: zeroByte }): AsyncGenerator<SourceKey> {
    for await (const page of pagesOf(this.#client, this.revision, range, true)) yield* page.map(liveKey);
  }

  async *entries(range: KeyRange = { from: zeroByte }): AsyncGenerator<SourceEntry> {
    for await (const page of pagesOf(this.#client, this.revision, range, false))
      for (const kv of page) yield liveEntry(kv);
  }

  async find(key: Uint8Array): Promise<SourceKey | undefined> {
    const { kvs } = await this.#client.kv.range({ key, revision: this.revision, keysOnly: true });
    return kvs[0] && liveKey(kvs[0]);
  }

  async value(key: SourceKey): Promise<Uint8Array> {
    return (await this.entry(key)).value;
  }

  async entry({ key }: SourceKey): Promise<SourceEntry> {
    const { kvs } = await this.#client.kv.range({ key, revision: this.revision });
    if (kvs[0] === undefined)
      throw new HoldfastError('OBJECT_NOT_FOUND', `a key does not live at revision ${this.revision}`);
    return liveEntry(kvs[0]);
  }

  /** A watch from the past tells what is not compacted yet; what was there before it, the first answer tells. */
  async history(key: Uint8Array): Promise<readonly SourceRevision[]> {
    const { kvs } = await this.#client.kv.range({ key, revision: this.revision });
    const revisions = await this.#watchPast(key, 1n);
    const [now] = kvs;
    if (revisions.length > 0 || now === undefined) return revisions;
    return [changeOf(now, false)];
  }

  async *rows(range?: KeyRange): AsyncGenerator<SourceRow> {
    for await (const { key, value } of this.entries(range)) {
      const recordBytes = key.key.length + value.length;
      yield { key: key.key, modRevision: key.modRevision, deleted: false, recordBytes, isLive: true };
    }
  }

  async newest(count: number): Promise<readonly SourceKey[]> {
    const { kvs } = await this.#client.kv.range({
      key: zeroByte,
      rangeEnd: zeroByte,
      revision: this.revision,
      keysOnly: true,
      limit: BigInt(count),
      sortTarget: RangeRequest_SortTarget.MOD,
      sortOrder: RangeRequest_SortOrder.DESCEND,
    });
    return kvs.map(liveKey);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client.close();
  }

  /** Changes from a revision on, until the server says that it has told all up to now. */
  async #watchPast(key: Uint8Array, startRevision: bigint): Promise<SourceRevision[]> {
    await using watch = this.#client.watch({ key, startRevision });
    const changes: SourceRevision[] = [];
    // A server that is still reading the past for a watch passes the question over: it is asked again.
    const asking = setInterval(() => watch.requestProgress(), askAgainMs);
    try {
      for await (const { events, created, header } of watch) {
        if (created) watch.requestProgress();
        for (const { kv, type } of events)
          if (kv !== undefined && kv.modRevision <= this.revision)
            changes.push(changeOf(kv, type === Event_EventType.DELETE));
        if (events.length === 0 && !created && (header?.revision ?? 0n) >= this.revision) break;
      }
    } catch (error) {
      const compacted = compactRevisionOf(error);
      if (compacted === undefined || compacted < startRevision) throw error;
      return await this.#watchPast(key, compacted);
    } finally {
      clearInterval(asking);
    }
    return changes;
  }
}

function compactRevisionOf(error: unknown): bigint | undefined {
  if (!(error instanceof HoldfastError) || error.code !== 'REVISION_COMPACTED') return undefined;
  const revision = error.details['compactRevision'];
  return revision === undefined ? undefined : BigInt(revision as string);
}

function liveKey({ key, createRevision, modRevision, version }: KeyValue): SourceKey {
  return { key, createRevision, modRevision, version, recordBytes: 0, row: 0 };
}

function liveEntry(kv: KeyValue): SourceEntry {
  return { key: liveKey(kv), value: kv.value, lease: kv.lease };
}

function changeOf(
  { createRevision, modRevision, version, value, lease }: KeyValue,
  deleted: boolean,
): SourceRevision {
  const facts = { modRevision, sub: 0n, deleted };
  if (deleted) return { ...facts, createRevision: 0n, version: 0n, lease: 0n };
  return { ...facts, createRevision, version, lease, value };
}
