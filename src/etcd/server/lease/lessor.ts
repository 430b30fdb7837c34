import { randomBytes } from 'node:crypto';
import { type Clock, readUint64BigEndian } from '../../../base/index.ts';
import type { LeaseRecord } from '../../../formats/mvcc/index.ts';
import type { EtcdStore } from '../store/index.ts';
import { LeaseError } from './lease-error.ts';

/** Seconds: 1.5 times etcd's default election timeout, rounded up. Shorter grants are raised to it. */
const minTtlSeconds = 2n;
const maxTtlSeconds = 9_000_000_000n;
/** How often leases are looked through for expired ones, as in etcd. */
const lookEveryMs = 500;
const largestId = (1n << 63n) - 1n;

export interface LessorOptions {
  readonly store: EtcdStore;
  readonly clock: Clock;
  /** Told when a lease that has expired cannot be revoked: the file below cannot be read any more. */
  readonly onFailure: (error: unknown) => void;
}

export interface LeaseState {
  /** Whole seconds left; less than 0 when it has expired and is about to be revoked. */
  readonly leftSeconds: bigint;
  readonly grantedSeconds: bigint;
  /** In ascending order. */
  readonly keys: readonly Uint8Array[];
}

interface RunningLease {
  readonly ttlSeconds: bigint;
  expiresAtMs: number;
}

/**
 * The leases of a store and their time. They start with all of it, or with what was left at etcd's last checkpoint, as
 * after an election. Over a store that is read-only time stands still: nothing expires.
 *
 * Source: etcd server/lease/lessor.go (3.6.16).
 */
export class Lessor implements Disposable {
  readonly #store: EtcdStore;
  readonly #clock: Clock;
  readonly #onFailure: (error: unknown) => void;
  readonly #running = new Map<bigint, RunningLease>();
  #timer: NodeJS.Timeout | undefined;

  constructor({ store, clock, onFailure }: LessorOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#onFailure = onFailure;
    for (const record of store.leases()) this.#start(record);
  }

  /**
   * Grants a lease; id 0 lets the lessor choose a positive one. Throws LeaseError (exists, ttl-too-large) and
   * STORE_READ_ONLY.
   */
  grant(id: bigint, ttlSeconds: bigint): LeaseRecord {
    if (ttlSeconds > maxTtlSeconds) throw new LeaseError('ttl-too-large');
    if (this.#running.has(id)) throw new LeaseError('exists');
    const record = {
      id: id === 0n ? this.#freeId() : id,
      ttlSeconds: ttlSeconds < minTtlSeconds ? minTtlSeconds : ttlSeconds,
      remainingTtlSeconds: 0n,
    };
    this.#store.saveLease(record);
    this.#start(record);
    return record;
  }

  /** Ends a lease and deletes its keys in one transaction. Throws LeaseError (not-found) and STORE_READ_ONLY. */
  revoke(id: bigint): void {
    if (!this.#running.has(id)) throw new LeaseError('not-found');
    const transaction = this.#store.begin();
    try {
      for (const key of this.#store.leaseKeys(id)) transaction.deleteRange(key);
    } catch (error) {
      transaction.rollback();
      throw error;
    }
    transaction.commit();
    this.#store.removeLease(id);
    this.#running.delete(id);
  }

  /** Starts its time anew and returns it in seconds; undefined when there is no such lease. */
  renew(id: bigint): bigint | undefined {
    this.expire();
    const lease = this.#running.get(id);
    if (lease === undefined) return undefined;
    lease.expiresAtMs = this.#nowMs() + Number(lease.ttlSeconds) * 1000;
    return lease.ttlSeconds;
  }

  /** Undefined when there is no such lease. */
  state(id: bigint): LeaseState | undefined {
    const lease = this.#running.get(id);
    if (lease === undefined) return undefined;
    const leftMs = lease.expiresAtMs - this.#nowMs();
    return {
      leftSeconds: BigInt(Math.floor(leftMs / 1000)),
      grantedSeconds: lease.ttlSeconds,
      keys: this.#store.leaseKeys(id),
    };
  }

  has(id: bigint): boolean {
    return this.#running.has(id);
  }

  /** Ids of all leases, those that expire first at the front. */
  ids(): bigint[] {
    return [...this.#running]
      .sort(([a, left], [b, right]) => left.expiresAtMs - right.expiresAtMs || (a < b ? -1 : 1))
      .map(([id]) => id);
  }

  /** Revokes what has expired. Happens by itself twice a second. */
  expire(): void {
    if (this.#store.readOnly) return;
    const nowMs = this.#clock.monotonicMs();
    const expired = [...this.#running].filter(([, lease]) => lease.expiresAtMs <= nowMs);
    expired.sort(([, left], [, right]) => left.expiresAtMs - right.expiresAtMs);
    for (const [id] of expired) this.revoke(id);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #start({ id, ttlSeconds, remainingTtlSeconds }: LeaseRecord): void {
    const seconds = remainingTtlSeconds > 0n ? remainingTtlSeconds : ttlSeconds;
    this.#running.set(id, { ttlSeconds, expiresAtMs: this.#nowMs() + Number(seconds) * 1000 });
    if (this.#store.readOnly) return;
    this.#timer ??= setInterval(() => this.#look(), lookEveryMs).unref();
  }

  #look(): void {
    try {
      this.expire();
    } catch (error) {
      this.#onFailure(error);
    }
  }

  /** In a store that is read-only it is always the same time. */
  #nowMs(): number {
    return this.#store.readOnly ? 0 : this.#clock.monotonicMs();
  }

  #freeId(): bigint {
    for (;;) {
      const id = readUint64BigEndian(randomBytes(8), 0) & largestId;
      if (id !== 0n && !this.#running.has(id)) return id;
    }
  }
}
