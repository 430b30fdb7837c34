import { createHash } from 'node:crypto';
import { JsonGateway, gatewayConcurrency } from './json-gateway.ts';
import { type JsonObject, int64 } from './lossless-json.ts';
import type { Pki } from './pki.ts';
import { Random } from './random.ts';

/** How much is done: `small` for every test run, `large` for the soak. */
export type WorkloadSize = 'small' | 'large';

export interface WorkloadOptions {
  readonly clientUrl: string;
  readonly tls: Pki | undefined;
  readonly size?: WorkloadSize;
  /** Random unless given; the outcome names it, and the same seed gives the same keys and values again. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** What the store holds when the workload is done, if it held nothing before. */
export interface WorkloadOutcome {
  readonly seed: number;
  /** Live keys by `keyText`, with what is known of each. */
  readonly keys: ReadonlyMap<string, ExpectedKey>;
  /** Leases that are still there, as etcd's signed 64-bit ids. */
  readonly leases: ReadonlySet<bigint>;
  /** The store's revision after the last operation. */
  readonly revision: bigint;
  /** 0 when nothing was compacted. */
  readonly compactRevision: bigint;
  readonly operations: Readonly<Record<OperationKind, number>>;
  readonly tookMs: number;
}

export interface ExpectedKey {
  readonly valueSha256: string;
  readonly valueSizeBytes: number;
  /** 0 for none. */
  readonly lease: bigint;
}

export type OperationKind = 'put' | 'delete' | 'deleteRange' | 'txn' | 'grant' | 'revoke' | 'compact';

const operationCounts: Readonly<Record<WorkloadSize, number>> = { small: 500, large: 20_000 };
const largestValueBytes = 1024 * 1024;
/** All values of a transaction together: etcd refuses requests above 1.5 MiB, and keys need room as well. */
const largestTxnBytes = 1400 * 1024;

/**
 * Puts, deletes, range deletes, nested transactions, leases, compactions, empty to 1 MiB values and binary keys, from a
 * seed. Runs `gatewayConcurrency` operations at a time on keys that differ from each other, so that the outcome does
 * not depend on their order.
 */
export async function runWorkload(options: WorkloadOptions): Promise<WorkloadOutcome> {
  const started = performance.now();
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  using gateway = new JsonGateway(options.clientUrl, options.tls);
  const workload = new Workload(gateway, new Random(seed), operationCounts[options.size ?? 'small']);
  try {
    while (workload.progress < 1) {
      options.signal?.throwIfAborted();
      await workload.step();
    }
  } catch (error) {
    throw new Error(`workload with seed ${seed} failed: ${String(error)}`, { cause: error });
  }
  return { seed, ...workload.outcome(), tookMs: performance.now() - started };
}

/** The text under which an outcome lists a key: its bytes in base64. */
export function keyText(key: Uint8Array): string {
  return Buffer.from(key).toString('base64');
}

interface Put {
  readonly key: string;
  readonly value: Uint8Array;
  readonly lease: bigint;
}

interface Operation {
  readonly run: () => Promise<JsonObject>;
  /** Takes its effect into account, once it is done. */
  readonly remember: () => void;
}

const neverWritten = keyText(Buffer.from('never written'));

class Workload {
  readonly #gateway: JsonGateway;
  readonly #random: Random;
  readonly #total: number;
  readonly #keys = new Map<string, ExpectedKey>();
  readonly #leases = new Set<bigint>();
  readonly #operations: Record<OperationKind, number> = {
    put: 0,
    delete: 0,
    deleteRange: 0,
    txn: 0,
    grant: 0,
    revoke: 0,
    compact: 0,
  };
  /** What there was when the round began, in an order that depends on the seed only. */
  #roundKeys: readonly string[] = [];
  #revision = 1n;
  #compactRevision = 0n;
  #largeValues = 0;

  constructor(gateway: JsonGateway, random: Random, total: number) {
    this.#gateway = gateway;
    this.#random = random;
    this.#total = total;
  }

  /** 1 and more when everything is done. */
  get progress(): number {
    return Object.values(this.#operations).reduce((sum, count) => sum + count, 0) / this.#total;
  }

  outcome(): Pick<WorkloadOutcome, 'keys' | 'leases' | 'revision' | 'compactRevision' | 'operations'> {
    return {
      keys: this.#keys,
      leases: this.#leases,
      revision: this.#revision,
      compactRevision: this.#compactRevision,
      operations: this.#operations,
    };
  }

  /** One round of concurrent operations on single keys, or one operation that touches many and runs alone. */
  async step(): Promise<void> {
    // Whatever the seed: at the end there is a lease, and something has been compacted.
    if (this.#leases.size === 0) return this.#grant();
    if (this.#compactRevision === 0n && this.progress > 0.6) return this.#compact(10);
    const kind = this.#random.next();
    if (kind < 0.72) return this.#round();
    if (kind < 0.82) return this.#grant();
    if (kind < 0.9) return this.#deleteRange();
    if (kind < 0.95) return this.#leases.size > 1 ? this.#revoke() : this.#grant();
    return this.#compact(120);
  }

  async #round(): Promise<void> {
    this.#roundKeys = [...this.#keys.keys()];
    const taken = new Set<string>();
    const planned = Array.from({ length: gatewayConcurrency }, () => this.#plan(taken));
    const answers = await Promise.all(planned.map((operation) => operation.run()));
    // In the order of the plan, not of the answers: the next round picks from what is remembered now.
    planned.forEach((operation, index) => {
      this.#sawRevision(answers[index]!);
      operation.remember();
    });
  }

  /** Decides everything about an operation now, so that nothing random depends on the network. */
  #plan(taken: Set<string>): Operation {
    const kind = this.#random.next();
    if (kind < 0.6) return this.#planSinglePut(taken);
    if (kind < 0.8) return this.#planTxn(taken);
    return this.#planDelete(taken);
  }

  #planSinglePut(taken: Set<string>): Operation {
    const put = this.#planPut(taken);
    return {
      run: () => this.#call('put', 'kv/put', putRequest(put)),
      remember: () => this.#remember(put),
    };
  }

  #planDelete(taken: Set<string>): Operation {
    const key = this.#existingKey(taken) ?? this.#newKey(taken);
    return {
      run: () => this.#call('delete', 'kv/deleterange', { key }),
      remember: () => this.#keys.delete(key),
    };
  }

  /** Several puts, one of them in a nested transaction, and a deletion: one revision with several sub-revisions. */
  #planTxn(taken: Set<string>): Operation {
    let leftBytes = largestTxnBytes;
    const puts = Array.from({ length: this.#random.int(1, 6) }, () => {
      const put = this.#planPut(taken, leftBytes);
      leftBytes -= put.value.length;
      return put;
    });
    const removed = this.#existingKey(taken);
    const [first, ...rest] = puts.map((put) => ({ requestPut: putRequest(put) }));
    const remove = removed === undefined ? [] : [{ requestDeleteRange: { key: removed } }];
    const request = {
      compare: [{ key: neverWritten, target: 'VERSION', result: 'EQUAL', version: '0' }],
      success: [...remove, ...rest, { requestTxn: { compare: [], success: [first!], failure: [] } }],
      failure: [],
    };
    return {
      run: () => this.#call('txn', 'kv/txn', request),
      remember: () => {
        if (removed !== undefined) this.#keys.delete(removed);
        for (const put of puts) this.#remember(put);
      },
    };
  }

  #planPut(taken: Set<string>, limitBytes = largestValueBytes): Put {
    const existing = this.#random.chance(0.45) ? this.#existingKey(taken) : undefined;
    return {
      key: existing ?? this.#newKey(taken),
      value: this.#random.bytes(Math.min(this.#valueSize(), limitBytes)),
      lease: this.#random.chance(0.2) ? this.#random.pick([...this.#leases]) : 0n,
    };
  }

  #existingKey(taken: Set<string>): string | undefined {
    for (let tries = 0; tries < 20 && this.#roundKeys.length > 0; tries++) {
      const key = this.#random.pick(this.#roundKeys);
      if (taken.has(key)) continue;
      taken.add(key);
      return key;
    }
    return undefined;
  }

  #newKey(taken: Set<string>): string {
    for (;;) {
      const key = keyText(this.#random.chance(0.3) ? this.#binaryKey() : this.#registryKey());
      if (taken.has(key) || this.#keys.has(key)) continue;
      taken.add(key);
      return key;
    }
  }

  #binaryKey(): Uint8Array {
    const random = this.#random.bytes(this.#random.int(1, 64));
    // Zero bytes, the range end that means "everything", and a byte that ends a revision key in the database.
    return this.#random.chance(0.3) ? Uint8Array.of(this.#random.pick([0, 0xff, 0x5f]), ...random) : random;
  }

  #registryKey(): Uint8Array {
    const resource = this.#random.pick(['pods', 'configmaps', 'secrets', 'events', 'leases/kube-system']);
    const namespace = this.#random.pick(['default', 'kube-system', 'team-ä', 'shop']);
    return Buffer.from(`/registry/${resource}/${namespace}/n${this.#random.int(0, 9999)}`);
  }

  #valueSize(): number {
    const kind = this.#largeValues === 0 && this.progress > 0.5 ? 1 : this.#random.next();
    if (kind < 0.04) return 0;
    if (kind < 0.9) return this.#random.int(1, 3000);
    if (kind < 0.985) return this.#random.int(3000, 70_000);
    // These are what makes a run slow.
    if (this.#largeValues++ < 2) return largestValueBytes;
    return this.#random.int(70_000, 200_000);
  }

  async #deleteRange(): Promise<void> {
    const prefix = `/registry/${this.#random.pick(['events', 'configmaps'])}/default/n${this.#random.int(1, 99)}`;
    const key = Buffer.from(prefix);
    const rangeEnd = Buffer.from(key);
    rangeEnd[rangeEnd.length - 1]!++;
    const request = { key: keyText(key), range_end: keyText(rangeEnd) };
    this.#sawRevision(await this.#call('deleteRange', 'kv/deleterange', request));
    for (const known of this.#keys.keys()) {
      if (Buffer.from(known, 'base64').subarray(0, key.length).equals(key)) this.#keys.delete(known);
    }
  }

  async #grant(): Promise<void> {
    // Far longer than any test; one in four has an id above 2^53, as those that etcd chooses have.
    const id = this.#random.chance(0.25)
      ? BigInt(this.#random.int(1, 0x7fffffff)) << 32n
      : BigInt(this.#random.int(1, 0x7fffffff));
    if (this.#leases.has(id)) return;
    const request = { ID: id.toString(), TTL: String(this.#random.int(50_000, 100_000)) };
    await this.#call('grant', 'lease/grant', request);
    this.#leases.add(id);
  }

  async #revoke(): Promise<void> {
    const lease = this.#random.pick([...this.#leases]);
    this.#sawRevision(await this.#call('revoke', 'lease/revoke', { ID: lease.toString() }));
    this.#leases.delete(lease);
    for (const [key, expected] of this.#keys) if (expected.lease === lease) this.#keys.delete(key);
  }

  async #compact(keptRevisions: number): Promise<void> {
    const revision = this.#revision - BigInt(this.#random.int(0, keptRevisions));
    if (revision <= this.#compactRevision || revision < 1n) return;
    const physical = this.#random.chance(0.5);
    await this.#call('compact', 'kv/compaction', { revision: revision.toString(), physical });
    this.#compactRevision = revision;
  }

  async #call(kind: OperationKind, method: string, request: JsonObject): Promise<JsonObject> {
    this.#operations[kind]++;
    const answer = await this.#gateway.call(method, request);
    if (kind === 'txn' && answer['succeeded'] !== true)
      throw new Error('a transaction took the wrong branch');
    return answer;
  }

  #remember(put: Put): void {
    this.#keys.set(put.key, {
      valueSha256: createHash('sha256').update(put.value).digest('hex'),
      valueSizeBytes: put.value.length,
      lease: put.lease,
    });
  }

  #sawRevision(answer: JsonObject): void {
    const revision = int64((answer['header'] as JsonObject)['revision']);
    if (revision > this.#revision) this.#revision = revision;
  }
}

function putRequest(put: Put): JsonObject {
  return { key: put.key, value: keyText(put.value), lease: put.lease.toString() };
}
