/**
 * A store with changes laid over it: rows put and removed in memory, everything else read from below. The base is not
 * touched.
 */
import { compareBytes, displayText, utf8 } from '../../base/index.ts';
import type { KeyValueStoreFile, StoreBucket, StoreEntry } from '../mvcc/index.ts';

export interface OverlayStore extends KeyValueStoreFile {
  buckets(): Iterable<StoreBucket>;
  bucket(name: string | Uint8Array): OverlayBucket | undefined;
  /** The bucket of this name, made when it is not there. */
  ensureBucket(name: string): OverlayBucket;
}

/** Creates an overlay without changes. */
export function overlayStore(base: KeyValueStoreFile): OverlayStore {
  const buckets = new Map<string, OverlayBucket>();
  for (const bucket of base.buckets())
    buckets.set(displayText(bucket.name), new OverlayBucket(bucket.name, bucket));
  return {
    buckets: () => [...buckets.values()].sort((a, b) => compareBytes(a.name, b.name)),
    bucket: (name) => buckets.get(typeof name === 'string' ? name : displayText(name)),
    ensureBucket(name) {
      const bucket = buckets.get(name) ?? new OverlayBucket(utf8(name), undefined);
      buckets.set(name, bucket);
      return bucket;
    },
  };
}

/** One bucket with changes. */
export class OverlayBucket implements StoreBucket {
  readonly name: Uint8Array;
  readonly #base: StoreBucket | undefined;
  /** By key as latin-1 text, whose order is that of the bytes; without value for a removed row. */
  readonly #changes = new Map<string, { readonly key: Uint8Array; readonly value: Uint8Array | undefined }>();
  /** The keys of the changes in order; undefined after a change that spoiled it. */
  #sorted: string[] | undefined = [];

  constructor(name: Uint8Array, base: StoreBucket | undefined) {
    this.name = name;
    this.#base = base;
  }

  /** Neither key nor value is copied. */
  put(key: Uint8Array, value: Uint8Array): void {
    this.#set(key, value);
  }

  delete(key: Uint8Array): void {
    this.#set(key, undefined);
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const change = this.#changes.get(keyToText(key));
    return change === undefined ? this.#base?.get(key) : change.value;
  }

  *entries(from?: Uint8Array): Generator<StoreEntry> {
    const texts = this.#order();
    let next = from === undefined ? 0 : lowerBound(texts, keyToText(from));
    for (const entry of this.#base?.entries(from) ?? []) {
      if (next === texts.length) {
        yield entry;
        continue;
      }
      const text = keyToText(entry.key);
      for (; next < texts.length && texts[next]! < text; next++) yield* this.#changed(texts[next]!);
      if (texts[next] !== text) yield entry;
    }
    for (; next < texts.length; next++) yield* this.#changed(texts[next]!);
  }

  last(): StoreEntry | undefined {
    const below = this.#base?.last();
    const texts = this.#order();
    const isBelowGone = below !== undefined && this.#changes.has(keyToText(below.key));
    let newest: StoreEntry | undefined;
    for (let i = texts.length - 1; i >= 0 && newest === undefined; i--) [newest] = this.#changed(texts[i]!);
    if (below !== undefined && !isBelowGone) {
      return newest !== undefined && compareBytes(newest.key, below.key) > 0 ? newest : below;
    }
    // The base's last row was removed or replaced: what is left has to be looked for.
    return isBelowGone ? lastOf(this.entries()) : newest;
  }

  *#changed(text: string): Generator<StoreEntry> {
    const { key, value } = this.#changes.get(text)!;
    if (value !== undefined) yield { key, value };
  }

  #set(key: Uint8Array, value: Uint8Array | undefined): void {
    const text = keyToText(key);
    if (!this.#changes.has(text)) {
      const isLast = this.#sorted !== undefined && (this.#sorted.at(-1) ?? '') <= text;
      if (isLast) this.#sorted!.push(text);
      else this.#sorted = undefined;
    }
    this.#changes.set(text, { key, value });
  }

  #order(): readonly string[] {
    this.#sorted ??= [...this.#changes.keys()].sort();
    return this.#sorted;
  }
}

/** Bytes as text of the same order: one character a byte. */
export function keyToText(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
}

/** The bytes of such a text, as a fresh array. */
export function textToKey(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

/** Position of the first text that is not below the given one. */
export function lowerBound(texts: readonly string[], text: string): number {
  let low = 0;
  let high = texts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (texts[middle]! < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

function lastOf(entries: Iterable<StoreEntry>): StoreEntry | undefined {
  let last: StoreEntry | undefined;
  for (const entry of entries) last = entry;
  return last;
}
