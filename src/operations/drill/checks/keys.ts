import { createHash, type Hash } from 'node:crypto';
import { compareBytes, equalBytes, type OperationContext, throwIfInterrupted } from '../../../base/index.ts';
import type { EtcdClient, KeyValue } from '../../../etcd/index.ts';
import type { ObjectSource, SourceEntry } from '../../objects/source/index.ts';
import type { FindingLog } from '../../verify/index.ts';

/** The keys of a lease, as the backup has them. */
export interface LeaseUse {
  count: number;
  /** Over the keys in their order, each with its length. */
  readonly digest: Hash;
}

export interface CheckKeysOptions {
  readonly client: EtcdClient;
  readonly source: ObjectSource;
  /** At which the running etcd is read; 0 for the current one. */
  readonly revision: bigint;
  /** Time has passed since the restore: keys on a lease may be gone, and a key of the drill's own may be there. */
  readonly later?: { readonly ownKey: Uint8Array | undefined };
}

const batchBytes = 2 << 20;
const batchKeys = 1000;

/**
 * Reads every key of both and compares: value, revisions, version, lease. Both are read side by side in the order of
 * their keys, a few megabytes at a time. Errors: those of the source and of the calls, INTERRUPTED.
 */
export async function checkKeys(
  options: CheckKeysOptions,
  log: FindingLog,
  ctx: OperationContext,
): Promise<{ readonly facts: string; readonly leaseUse: ReadonlyMap<bigint, LeaseUse> }> {
  const walk = new KeyWalk(options, log);
  const { source } = options;
  const phase = 'keys';
  const startedMs = ctx.clock.monotonicMs();
  ctx.events({ type: 'phase-started', phase });
  for await (const entry of source.entries()) {
    if (!walk.add(entry)) continue;
    await walk.compareBatch();
    throwIfInterrupted(ctx.signal);
    ctx.events({ type: 'phase-progress', phase, doneBytes: walk.bytes });
  }
  await walk.finish();
  ctx.events({ type: 'phase-finished', phase, tookMs: ctx.clock.monotonicMs() - startedMs });
  return { facts: `${walk.keys} keys read and compared`, leaseUse: walk.leaseUse };
}

/** What has moved the revision on since the backup can only be leases that ended, with their keys. */
export async function checkKeysSince(
  options: Pick<CheckKeysOptions, 'client' | 'source' | 'revision'>,
  log: FindingLog,
  ctx: OperationContext,
): Promise<void> {
  const revision = (await options.client.maintenance.status({})).header?.revision ?? 0n;
  if (revision > options.revision)
    await checkKeys({ ...options, revision, later: { ownKey: undefined } }, log, ctx);
}

class KeyWalk {
  readonly leaseUse = new Map<bigint, LeaseUse>();
  keys = 0;
  /** Of the values so far. */
  bytes = 0;
  readonly #options: CheckKeysOptions;
  readonly #log: FindingLog;
  #batch: SourceEntry[] = [];
  #batchBytes = 0;
  /** Where the next batch begins. */
  #from: Uint8Array = Uint8Array.of(0);

  constructor(options: CheckKeysOptions, log: FindingLog) {
    this.#options = options;
    this.#log = log;
  }

  /** Takes the next key of the backup; whether there are enough to compare them. */
  add(entry: SourceEntry): boolean {
    this.keys++;
    this.#batch.push(entry);
    this.#batchBytes += entry.value.length;
    this.bytes += entry.value.length;
    this.#noteLease(entry);
    return this.#batch.length >= batchKeys || this.#batchBytes >= batchBytes;
  }

  async compareBatch(): Promise<void> {
    const batch = this.#batch;
    const last = batch.at(-1);
    if (last === undefined) return;
    const end = justAbove(last.key.key);
    this.#merge(batch, await this.#read(end, batch.length + 1));
    this.#from = end;
    this.#batch = [];
    this.#batchBytes = 0;
  }

  /** The rest, and what lies behind the last key. */
  async finish(): Promise<void> {
    await this.compareBatch();
    this.#merge([], await this.#read(Uint8Array.of(0), 2));
  }

  /** With one key more than there should be; more than that need not be told one by one. */
  async #read(rangeEnd: Uint8Array, limit: number): Promise<readonly KeyValue[]> {
    const { client, revision, later } = this.#options;
    const { kvs } = await client.kv.range({
      key: this.#from,
      rangeEnd,
      revision,
      limit: BigInt(limit + (later === undefined ? 0 : 1)),
    });
    return kvs;
  }

  #merge(wanted: readonly SourceEntry[], found: readonly KeyValue[]): void {
    let at = 0;
    for (const entry of wanted) {
      while (at < found.length && compareBytes(found[at]!.key, entry.key.key) < 0) this.#extra(found[at++]!);
      const live = found[at];
      if (live === undefined || compareBytes(live.key, entry.key.key) > 0) this.#missing(entry);
      else {
        this.#compare(entry, live);
        at++;
      }
    }
    for (; at < found.length; at++) this.#extra(found[at]!);
  }

  #compare({ key, value, lease }: SourceEntry, live: KeyValue): void {
    const differs = [
      ...(equalBytes(value, live.value) ? [] : ['value']),
      ...(key.modRevision === live.modRevision ? [] : ['revision']),
      ...(key.createRevision === live.createRevision ? [] : ['create revision']),
      ...(key.version === live.version ? [] : ['version']),
      ...(lease === live.lease ? [] : ['lease']),
    ];
    if (differs.length === 0) return;
    const message = `the key of revision ${key.modRevision} has another ${differs.join(', ')}`;
    this.#log.fail('key-differs', message, { revision: key.modRevision.toString() });
  }

  #missing({ key, lease }: SourceEntry): void {
    if (this.#options.later !== undefined && lease !== 0n) return;
    const message = `the key of revision ${key.modRevision} is missing`;
    this.#log.fail('key-missing', message, { revision: key.modRevision.toString() });
  }

  #extra({ key, modRevision }: KeyValue): void {
    const { later } = this.#options;
    if (later?.ownKey !== undefined && equalBytes(key, later.ownKey)) return;
    const message = `a key is there that the backup does not have, of revision ${modRevision}`;
    this.#log.fail('key-extra', message, { revision: modRevision.toString() });
  }

  #noteLease({ key, lease }: SourceEntry): void {
    if (lease === 0n) return;
    let use = this.leaseUse.get(lease);
    if (use === undefined) this.leaseUse.set(lease, (use = { count: 0, digest: createHash('sha256') }));
    use.count++;
    use.digest.update(`${key.key.length} `).update(key.key);
  }
}

function justAbove(key: Uint8Array): Uint8Array {
  const above = new Uint8Array(key.length + 1);
  above.set(key);
  return above;
}
