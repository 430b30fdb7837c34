import { formatHex, RecentMap, SliceMeter, throwIfInterrupted, yieldToEventLoop } from '../../base/index.ts';
import { readUint32At, revisionKeyBytes, scanRows, type StoreBucket } from '../../formats/mvcc/index.ts';
import {
  decodeTableColumns,
  keyBytesOf,
  type RecipeEntry,
  type TableColumns,
  valueBytesOf,
} from '../contents/index.ts';
import { type RowDigests, rowDigestBytes } from '../keys/index.ts';
import { type Repository, tryReadContents } from '../open/index.ts';
import type { ContentStore } from './content-store.ts';
import { RowPlan } from './row-plan.ts';

/** Tables that recipes come back to, about 40 KiB each. */
const tableLimit = 64;

export interface MatchOptions {
  readonly bucket: StoreBucket;
  /** The parent's entries for the same bucket. */
  readonly entries: readonly RecipeEntry[];
  readonly repository: Repository;
  readonly store: ContentStore;
  readonly digestOf: RowDigests;
  readonly signal: AbortSignal;
  /** Shown each row, so that nobody has to go through all of them again; told when a while has gone by. */
  readonly look: (key: Uint8Array, value: Uint8Array) => void;
  readonly onProgress: () => void;
}

/**
 * Walks a bucket of revisions and the parent's row tables side by side. A row is the same if revision, size and digest
 * are. What of the parent cannot be read, or will not stay, is as if it were not there.
 */
export async function matchRows(options: MatchOptions): Promise<RowPlan> {
  const { digestOf, signal, look, onProgress } = options;
  const plan = new RowPlan();
  const parent = new ParentRows(plan, options);
  const meter = new SliceMeter();
  await parent.nextEntry();
  for (const { key, value } of scanRows(options.bucket)) {
    const rowBytes = key.length + value.length;
    look(key, value);
    let order = parent.seek(key);
    while (order === undefined && !parent.isAtEnd && (await parent.nextEntry())) order = parent.seek(key);
    if (order === 0 && parent.isSame(key, value, digestOf))
      plan.addKept(key, parent.chunk, parent.row, rowBytes);
    else plan.addNew(key, rowBytes);
    if (!meter.count(rowBytes)) continue;
    onProgress();
    await yieldToEventLoop();
    throwIfInterrupted(signal);
  }
  await parent.end();
  return plan;
}

interface OpenTable {
  readonly chunk: number;
  readonly columns: TableColumns;
}

/** The rows that a parent keeps, in order, one entry of its recipe at a time. */
class ParentRows {
  chunk = 0;
  row = 0;
  isAtEnd = false;
  readonly #plan: RowPlan;
  readonly #entries: readonly RecipeEntry[];
  readonly #tables: AsyncGenerator<OpenTable | undefined>;
  #columns: TableColumns | undefined;
  #runs: readonly number[] = [];
  /** Which run, and the row behind its end. */
  #run = 0;
  #runEnd = 0;
  #entry = 0;

  constructor(plan: RowPlan, options: MatchOptions) {
    this.#plan = plan;
    this.#entries = options.entries;
    this.#tables = this.#readTables(options);
  }

  /** Goes to the first row that is not below the key: 0 when it is this revision, 1 above; undefined at the entry's end. */
  seek(key: Uint8Array): number | undefined {
    const columns = this.#columns;
    if (columns === undefined || key.length < revisionKeyBytes) return undefined;
    const { revisions } = columns;
    for (;;) {
      if (this.row >= this.#runEnd && !this.#nextRun(columns.count)) return undefined;
      const at = this.row * 4;
      const order =
        revisions[at]! - readUint32At(key, 0) ||
        revisions[at + 1]! - readUint32At(key, 4) ||
        revisions[at + 2]! - readUint32At(key, 9) ||
        revisions[at + 3]! - readUint32At(key, 13);
      if (order >= 0) return order === 0 ? 0 : 1;
      this.row++;
    }
  }

  /** To the next run that keeps rows. */
  #nextRun(count: number): boolean {
    while (this.#run + 1 < this.#runs.length) {
      this.row = this.#runEnd + this.#runs[++this.#run]!;
      this.#runEnd = this.row + (this.#runs[++this.#run] ?? 0);
      if (this.#runEnd > count) return false;
      if (this.row < this.#runEnd) return true;
    }
    return false;
  }

  isSame(key: Uint8Array, value: Uint8Array, digestOf: RowDigests): boolean {
    const columns = this.#columns;
    if (columns === undefined) return false;
    if (valueBytesOf(columns, this.row) !== value.length || keyBytesOf(columns, this.row) !== key.length)
      return false;
    const digest = digestOf(key, value);
    const at = this.row * rowDigestBytes;
    for (let index = 0; index < rowDigestBytes; index++)
      if (digest[index] !== columns.digests[at + index]) return false;
    return true;
  }

  /** Opens the next entry whose table can be used; false at the end. */
  async nextEntry(): Promise<boolean> {
    for (;;) {
      const next = await this.#tables.next();
      this.#columns = undefined;
      this.isAtEnd = next.done === true;
      if (next.done === true) return false;
      const table = next.value;
      const { runs } = this.#entries[this.#entry++]!;
      if (table === undefined) continue;
      this.chunk = table.chunk;
      this.#columns = table.columns;
      this.#runs = runs;
      this.#run = 0;
      this.row = 0;
      this.#runEnd = runs[0] ?? 0;
      return true;
    }
  }

  async end(): Promise<void> {
    await this.#tables.return(undefined);
  }

  /** The table of each entry, or undefined; each is read once as long as it is not long ago. */
  async *#readTables({ repository, store, signal }: MatchOptions): AsyncGenerator<OpenTable | undefined> {
    const recent = new RecentMap<string, OpenTable>(tableLimit);
    const numbers = new Map<string, number>();
    // Which entries need a read is known only when their turn comes, so each distinct chunk is asked for ahead once.
    const firsts = new Map<string, RecipeEntry>();
    for (const entry of this.#entries) {
      const name = formatHex(entry.chunk);
      if (!firsts.has(name) && store.has('rows', entry.chunk) && store.has('rowTable', entry.chunk))
        firsts.set(name, entry);
    }
    const names = [...firsts.values()].map(({ chunk }) => ({ type: 'rowTable', id: chunk }) as const);
    const reads = tryReadContents(repository, names, { signal });
    const open = (name: string, id: Uint8Array, content: Uint8Array): OpenTable => {
      const columns = decodeTableColumns(content, `the row table of ${name.slice(0, 16)}`);
      let chunk = numbers.get(name);
      if (chunk === undefined) {
        chunk = this.#plan.addChunk(id, totalBytesOf(columns));
        numbers.set(name, chunk);
      }
      return { chunk, columns };
    };
    const unread = new Set(firsts.keys());
    const broken = new Set<string>();
    for (const { chunk: id } of this.#entries) {
      const name = formatHex(id);
      if (!firsts.has(name) || broken.has(name)) {
        yield undefined;
        continue;
      }
      let table = recent.get(name);
      if (table === undefined) {
        const content = unread.delete(name)
          ? ((await reads.next()).value as Uint8Array | Error)
          : await repository.getContent('rowTable', id, signal);
        if (content instanceof Error) {
          broken.add(name);
          yield undefined;
          continue;
        }
        table = open(name, id, content);
        recent.set(name, table);
      }
      yield table;
    }
  }
}

function totalBytesOf(columns: TableColumns): number {
  let total = 0;
  for (let row = 0; row < columns.count; row++)
    total += keyBytesOf(columns, row) + valueBytesOf(columns, row);
  return total;
}
