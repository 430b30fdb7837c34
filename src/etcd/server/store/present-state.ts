/** The store as a database would hold it at one moment: what its hashes and its snapshot are made of. */
import { compareBytes, displayText, equalBytes, utf8 } from '../../../base/index.ts';
import type { KeyValueStoreFile, StoreBucket, StoreEntry } from '../../../formats/mvcc/index.ts';
import { rowsBucket } from './other-buckets.ts';
import type { PhysicalRows } from './physical-rows.ts';

export interface PresentStateParts {
  /** Where all other buckets come from. */
  readonly content: KeyValueStoreFile;
  readonly rows: PhysicalRows;
  /** Rows of the buckets that may have changed. */
  readonly changed: Readonly<Record<'meta' | 'lease' | 'alarm', readonly StoreEntry[]>>;
}

/** Every bucket that the file has, and those that no etcd is without. */
export class PresentState implements KeyValueStoreFile {
  readonly rows: PhysicalRows;
  readonly #buckets: readonly StoreBucket[];

  constructor({ content, rows, changed }: PresentStateParts) {
    this.rows = rows;
    const own = Object.entries(changed).map(([name, entries]) => rowsBucket(utf8(name), entries));
    const ownNames = new Set<string>([...Object.keys(changed), 'key']);
    const others = [...content.buckets()].filter(({ name }) => !ownNames.has(displayText(name)));
    this.#buckets = [rows, ...own, ...others].sort((a, b) => compareBytes(a.name, b.name));
  }

  buckets(): Iterable<StoreBucket> {
    return this.#buckets;
  }

  bucket(name: string | Uint8Array): StoreBucket | undefined {
    const wanted = typeof name === 'string' ? utf8(name) : name;
    return this.#buckets.find((bucket) => equalBytes(bucket.name, wanted));
  }
}
