/**
 * etcd keeps the hash that a compaction computes on its way, under the compact revision before it, and answers with it
 * whoever asks for the hash at that revision. Here only what it would be made of is kept, and it is made when asked for:
 * rows that a compaction has dropped stay in memory for ten more.
 *
 * Source: etcd server/storage/mvcc/{hash,kvstore_compaction}.go (3.6.16).
 */
import type { PresentState } from './present-state.ts';

const mostKept = 10;

export interface CompactionState {
  /** The compact revision that it made. */
  readonly revision: bigint;
  /** The compact revision before it. */
  readonly previous: bigint;
  /** The store right before it. */
  readonly state: PresentState;
}

export class CompactionHashes {
  #kept: CompactionState[] = [];

  add(state: CompactionState): void {
    this.#kept.push(state);
    if (this.#kept.length > mostKept) this.#kept.shift();
  }

  find(revision: bigint): CompactionState | undefined {
    return this.#kept.find((state) => state.revision === revision);
  }
}
