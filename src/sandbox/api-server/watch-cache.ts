import { setTimeout as delay } from 'node:timers/promises';
import { type EtcdClient, Event_EventType, type WatchResponse, prefixEnd } from '../../etcd/index.ts';
import { hasCode } from '../../base/index.ts';

export interface CachedObject {
  readonly key: string;
  readonly value: Uint8Array;
  readonly modRevision: bigint;
}

const pageSize = 1000n;

/**
 * What the API server keeps of etcd in memory, filled by a list and then a watch (Kubernetes'
 * apiserver/pkg/storage/cacher and client-go/tools/cache/reflector.go, 1.31). A watch that breaks goes on after the
 * last revision seen; only when etcd says that this revision is compacted is everything listed anew. So the cache of
 * an etcd that was taken back to an earlier revision stays as it was, and is told nothing until the revision has
 * caught up.
 */
export class WatchCache {
  readonly #client: EtcdClient;
  readonly #prefix: Uint8Array;
  readonly #log: (message: string) => void;
  readonly #waiting = new Set<() => void>();
  #objects = new Map<string, CachedObject>();
  #revision: bigint | undefined;
  #requestProgress: (() => void) | undefined;

  constructor(client: EtcdClient, prefix: string, log: (message: string) => void) {
    this.#client = client;
    this.#prefix = Buffer.from(prefix);
    this.#log = log;
  }

  /** The revision up to which it knows everything; undefined until it is filled. */
  get revision(): bigint | undefined {
    return this.#revision;
  }

  /** The objects whose keys begin so, in order of the keys. The values are not copies. */
  list(keyPrefix: string): CachedObject[] {
    const found = [...this.#objects.values()].filter(({ key }) => key.startsWith(keyPrefix));
    return found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Whether it knows everything up to a revision, by now or within a time. */
  async reaches(revision: bigint, timeoutMs: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    while ((this.#revision ?? -1n) < revision) {
      const left = deadline - performance.now();
      if (left <= 0) return false;
      this.#requestProgress?.();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => this.#wake(), Math.min(left, 200));
        this.#waiting.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return true;
  }

  /** Keeps itself filled until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    let mustList = true;
    while (!signal.aborted) {
      try {
        if (mustList) await this.#list();
        mustList = false;
        await this.#watch(signal);
      } catch (error) {
        mustList ||= hasCode(error, 'REVISION_COMPACTED');
        if (!isAborted(signal))
          this.#log(`watch cache: ${String(error)}; ${mustList ? 'listing anew' : 'watching on'}`);
        await delay(200, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #list(): Promise<void> {
    const objects = new Map<string, CachedObject>();
    const rangeEnd = prefixEnd(this.#prefix);
    let revision = 0n;
    for (let key: Uint8Array = this.#prefix; ; ) {
      const page = await this.#client.kv.range({ key, rangeEnd, limit: pageSize, revision });
      if (revision === 0n) revision = page.header!.revision;
      for (const kv of page.kvs) note(objects, kv);
      if (!page.more) break;
      key = Buffer.concat([page.kvs.at(-1)!.key, Uint8Array.of(0)]);
    }
    this.#objects = objects;
    this.#revision = revision;
    this.#log(`watch cache: ${objects.size} objects at revision ${revision}`);
    this.#wake();
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const request = {
      key: this.#prefix,
      rangeEnd: prefixEnd(this.#prefix),
      startRevision: this.#revision! + 1n,
      progressNotify: true,
    };
    await using stream = this.#client.watch(request, { signal });
    try {
      for await (const response of stream) {
        if (!response.created) await this.#apply(response);
        else {
          this.#log(`watch cache: watching from revision ${request.startRevision}`);
          this.#requestProgress = () => stream.requestProgress();
        }
      }
    } finally {
      this.#requestProgress = undefined;
    }
  }

  async #apply(response: WatchResponse): Promise<void> {
    for (const { type, kv } of response.events) {
      if (kv === undefined) continue;
      if (type === Event_EventType.DELETE) this.#objects.delete(Buffer.from(kv.key).toString());
      else note(this.#objects, kv);
    }
    const last = response.events.at(-1)?.kv?.modRevision;
    const revision = last ?? response.header?.revision ?? 0n;
    if (last === undefined && (await this.#isEarly(revision))) return;
    if (revision > this.#revision!) this.#revision = revision;
    this.#log(`watch cache: ${response.events.length} events up to revision ${revision}`);
    this.#wake();
  }

  /** Before 3.4.25 and 3.5.8 etcd tells a new watch of progress before it has sent it the events up to there. */
  async #isEarly(revision: bigint): Promise<boolean> {
    if (revision <= this.#revision!) return false;
    const range = { key: this.#prefix, rangeEnd: prefixEnd(this.#prefix), limit: 1n, keysOnly: true };
    const unseen = { minModRevision: this.#revision! + 1n, maxModRevision: revision };
    return (await this.#client.kv.range({ ...range, ...unseen })).kvs.length > 0;
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function note(
  objects: Map<string, CachedObject>,
  kv: { readonly key: Uint8Array; readonly value: Uint8Array; readonly modRevision: bigint },
): void {
  const key = Buffer.from(kv.key).toString();
  objects.set(key, { key, value: kv.value, modRevision: kv.modRevision });
}
