import type { KeyValue, Revision } from '../../../formats/mvcc/index.ts';
import type { KeySpace } from './key-space.ts';
import type { OverlayRow } from './overlay.ts';
import type { StoreCommit, StoreEvent, StoreRange, StoreRangeResult, WriteTransaction } from './store.ts';

const nothing: Uint8Array = new Uint8Array(0);

/**
 * A transaction over the key space. Its rows are in the overlay at once, under the next revision, which nobody else
 * reads at before the commit.
 */
export class SpaceTransaction implements WriteTransaction {
  readonly #space: KeySpace;
  readonly #rows: OverlayRow[] = [];
  readonly #ended: (commit: StoreCommit | undefined) => void;
  #isOpen = true;

  /** @param ended is called once, with the commit if there was anything to commit */
  constructor(space: KeySpace, ended: (commit: StoreCommit | undefined) => void) {
    this.#space = space;
    this.#ended = ended;
  }

  get revision(): bigint {
    return this.#space.currentRevision + (this.#rows.length > 0 ? 1n : 0n);
  }

  get changeCount(): number {
    return this.#rows.length;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  range(query: StoreRange): StoreRangeResult {
    return this.#space.range(query, this.revision);
  }

  put(key: Uint8Array, value: Uint8Array, lease: bigint): KeyValue {
    const revision = this.#next(false);
    const before = this.#space.live.find(key, revision.main);
    const facts = before === undefined ? undefined : this.#space.live.facts(before);
    const kv = {
      key,
      createRevision: facts?.createRevision ?? revision.main,
      modRevision: revision.main,
      version: (facts?.version ?? 0n) + 1n,
      value,
      lease,
    };
    this.#rows.push(this.#space.overlay.append(key, revision, kv));
    return kv;
  }

  deleteRange(key: Uint8Array, rangeEnd?: Uint8Array): number {
    const keys: Uint8Array[] = [];
    this.#space.walk(key, rangeEnd, this.revision, (row, rank) => {
      keys.push(typeof row === 'number' ? this.#space.base.index.key(rank).slice() : row.owner.key);
      return true;
    });
    for (const found of keys) this.#delete(found);
    return keys.length;
  }

  commit(): StoreCommit {
    this.#end();
    const events = this.#rows.map(toEvent);
    if (events.length > 0) this.#space.currentRevision++;
    const commit = { revision: this.#space.currentRevision, events };
    this.#ended(events.length > 0 ? commit : undefined);
    return commit;
  }

  rollback(): void {
    this.#end();
    this.#space.overlay.removeNewest(this.#rows.length);
    this.#ended(undefined);
  }

  #delete(key: Uint8Array): void {
    const revision = this.#next(true);
    const kv = {
      key,
      createRevision: 0n,
      modRevision: revision.main,
      version: 0n,
      value: nothing,
      lease: 0n,
    };
    this.#rows.push(this.#space.overlay.append(key, revision, kv));
  }

  #next(tombstone: boolean): Revision {
    if (!this.#isOpen) throw new Error('the transaction has ended');
    return { main: this.#space.currentRevision + 1n, sub: BigInt(this.#rows.length), tombstone };
  }

  #end(): void {
    if (!this.#isOpen) throw new Error('the transaction has ended');
    this.#isOpen = false;
  }
}

/** A written row as an event. */
export function toEvent({ revision, kv }: OverlayRow): StoreEvent {
  return { kind: revision.tombstone ? 'delete' : 'put', kv, sub: Number(revision.sub) };
}
