/** A made-up cluster as puts and deletes for a real etcd: first all objects as they come, then changes without end. */
import { decodeKeyValue, revisionKeyBytes } from '../../src/formats/mvcc/index.ts';
import { ClusterHistory } from '../objects/index.ts';

/** A put, or a delete without a value. */
export interface ClusterChange {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
  readonly lease: bigint;
}

/** Where a history brings objects, and where it changes those that are there; at 1 it would end. */
const parts = { objects: 0, changes: 0.99 } as const;

export class ClusterChanges {
  readonly leases: readonly bigint[];
  readonly #history: ClusterHistory;
  #rows: Iterator<{ readonly key: Uint8Array; readonly value: Uint8Array }> | undefined;
  #part: number = parts.objects;

  constructor(seed: number) {
    this.#history = new ClusterHistory({ seed, done: () => this.#part });
    this.leases = this.#history.leases;
  }

  /** From here on what is there changes: leases and nodes, pods, controllers; a few objects come and go. */
  startChanges(): void {
    this.#part = parts.changes;
  }

  async next(): Promise<ClusterChange> {
    this.#rows ??= (await this.#history.rows())[Symbol.iterator]();
    const next = this.#rows.next();
    if (next.done === true) throw new Error('a history without end has ended');
    const isDelete = next.value.key.length > revisionKeyBytes;
    const { key, value, lease } = decodeKeyValue(next.value.value);
    return { key, value: isDelete ? undefined : value, lease };
  }
}
