import { KeyArena, Uint32Column } from '../../formats/mvcc/index.ts';
import { minimumChunkBytes } from '../contents/index.ts';

/** A chunk of the parent, and how much of it is still there. */
export interface ParentChunk {
  readonly id: Uint8Array;
  readonly totalBytes: number;
  keptBytes: number;
}

/** Rows side by side that go the same way. */
export interface RowStretch {
  /** Of the parent; undefined for rows that it does not have. */
  readonly chunk: ParentChunk | undefined;
  /** Position of the first row in the chunk. */
  readonly start: number;
  readonly count: number;
  /** Key of the first row in the database; a view of the plan. */
  readonly firstKey: Uint8Array;
}

/** For each row of a bucket, in order, whether the parent has it and where. A few bytes for each stretch of rows. */
export class RowPlan {
  readonly chunks: ParentChunk[] = [];
  newBytes = 0;
  sharedRows = 0;
  readonly #numbers = new Uint32Column();
  readonly #firstKeys = new KeyArena();
  #chunk = -1;
  #next = 0;
  #count = 0;
  #start = 0;

  /** Numbers a chunk of the parent. */
  addChunk(id: Uint8Array, totalBytes: number): number {
    return this.chunks.push({ id, totalBytes, keptBytes: 0 }) - 1;
  }

  addNew(key: Uint8Array, rowBytes: number): void {
    this.newBytes += rowBytes;
    if (this.#chunk >= 0) this.#flush();
    this.#chunk = -1;
    this.#add(key);
  }

  addKept(key: Uint8Array, chunk: number, row: number, rowBytes: number): void {
    this.chunks[chunk]!.keptBytes += rowBytes;
    this.sharedRows++;
    if (this.#chunk !== chunk || this.#next !== row) {
      this.#flush();
      this.#chunk = chunk;
      this.#start = row;
    }
    this.#add(key);
    this.#next = row + 1;
  }

  #add(key: Uint8Array): void {
    if (this.#count++ === 0) this.#firstKeys.add(key, 0, key.length);
  }

  #flush(): void {
    if (this.#count > 0)
      for (const number of [this.#chunk + 1, this.#start, this.#count]) this.#numbers.push(number);
    this.#count = 0;
    this.#start = 0;
  }

  /** All stretches in order. Nothing can be added after that. */
  *stretches(): Generator<RowStretch> {
    this.#flush();
    for (let at = 0; at < this.#numbers.length; at += 3)
      yield {
        firstKey: this.#firstKeys.at(at / 3),
        chunk: this.chunks[this.#numbers.get(at) - 1],
        start: this.#numbers.get(at + 1),
        count: this.#numbers.get(at + 2),
      };
  }
}

const dueBudgetBytes = 8 << 20;

/**
 * Chunks whose rows are to be stored anew: those of which less than a third is kept, least first, up to as many bytes
 * as are new anyway; and a small one at the end, when rows follow it.
 */
export function chooseDue(plan: RowPlan): Set<ParentChunk> {
  const due = new Set<ParentChunk>();
  let budgetBytes = Math.max(plan.newBytes, dueBudgetBytes);
  const candidates = plan.chunks
    .filter(({ keptBytes, totalBytes }) => keptBytes > 0 && keptBytes * 3 < totalBytes)
    .sort((a, b) => a.keptBytes / a.totalBytes - b.keptBytes / b.totalBytes);
  for (const chunk of candidates) {
    if (chunk.keptBytes > budgetBytes) continue;
    budgetBytes -= chunk.keptBytes;
    due.add(chunk);
  }
  let last: RowStretch | undefined;
  let tail: ParentChunk | undefined;
  for (const stretch of plan.stretches()) {
    if (stretch.chunk === undefined) tail = last?.chunk ?? tail;
    else tail = undefined;
    last = stretch;
  }
  if (tail !== undefined && tail.totalBytes < minimumChunkBytes) due.add(tail);
  return due;
}
