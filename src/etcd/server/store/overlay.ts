/**
 * What has been written since the file was opened: rows in commit order, and for each key its own.
 */
import { type KeyValue, type Revision } from '../../../formats/mvcc/index.ts';
import type { BaseRows } from './base-rows.ts';
import { keyText, type SortedItem, SortedKeys } from './sorted-keys.ts';

export interface OverlayRow {
  readonly revision: Revision;
  /** Of a deletion: key and modRevision only. */
  readonly kv: KeyValue;
  readonly owner: OverlayKey;
}

/** A key that was written to. Its weight is what it adds to the number of keys that live in the base: -1, 0 or 1. */
export interface OverlayKey extends SortedItem {
  readonly key: Uint8Array;
  /** Rank in the base, or of the first key there that is above. */
  readonly rank: number;
  readonly isInBase: boolean;
  /** In commit order; after a compaction beginning with what the key was then. */
  versions: OverlayRow[];
}

export class Overlay {
  readonly keys = new SortedKeys<OverlayKey>();
  readonly #base: BaseRows;
  #rows: OverlayRow[] = [];

  constructor(base: BaseRows) {
    this.#base = base;
  }

  /** In commit order. A compaction puts a new list in its place; the old one then stays as it is. */
  get rows(): readonly OverlayRow[] {
    return this.#rows;
  }

  append(key: Uint8Array, revision: Revision, kv: KeyValue): OverlayRow {
    const owner = this.#keyOf(key);
    const row = { revision, kv, owner };
    owner.versions.push(row);
    this.#rows.push(row);
    this.#weigh(owner);
    return row;
  }

  /** Takes the newest rows back. */
  removeNewest(count: number): void {
    for (let i = 0; i < count; i++) {
      const { owner } = this.#rows.pop()!;
      owner.versions.pop();
      this.#weigh(owner);
    }
  }

  /** Drops what can no longer be asked for. Returns the rows as they were before. */
  compact(revision: bigint): readonly OverlayRow[] {
    const before = this.#rows;
    const kept = new Set<OverlayRow>();
    for (const owner of [...this.keys.values()]) {
      const newest = newestUpTo(owner.versions, revision);
      // A transaction that was rolled back leaves keys without rows.
      if (owner.versions.length === 0) this.keys.delete(owner);
      if (newest === undefined) continue;
      const at = owner.versions.indexOf(newest);
      const isGone = newest.revision.tombstone && newest.revision.main < revision;
      // Over the base a deletion still has to hide what is below.
      owner.versions = owner.versions.slice(isGone && !owner.isInBase ? at + 1 : at);
      if (!isGone) kept.add(newest);
      if (owner.versions.length === 0) this.keys.delete(owner);
    }
    this.#rows = before.filter((row) => row.revision.main > revision || kept.has(row));
    return before;
  }

  #keyOf(key: Uint8Array): OverlayKey {
    const text = keyText(key);
    const known = this.keys.get(text);
    if (known !== undefined) return known;
    const { rank, isThere } = this.#base.rankOf(key);
    const owner: OverlayKey = { key, text, rank, isInBase: isThere, versions: [], weight: 0 };
    this.keys.add(owner);
    return owner;
  }

  #weigh(owner: OverlayKey): void {
    const newest = owner.versions.at(-1);
    const livedBefore = owner.isInBase && this.#base.livesInTheEnd(owner.rank) ? 1 : 0;
    const livesNow = newest === undefined ? livedBefore : newest.revision.tombstone ? 0 : 1;
    this.keys.setWeight(owner, livesNow - livedBefore);
  }
}

/** The newest row up to a revision; undefined when the overlay says nothing about the key then. */
export function newestUpTo(versions: readonly OverlayRow[], revision: bigint): OverlayRow | undefined {
  for (let i = versions.length - 1; i >= 0; i--)
    if (versions[i]!.revision.main <= revision) return versions[i];
  return undefined;
}
