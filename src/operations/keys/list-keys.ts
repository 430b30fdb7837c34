import { type OperationContext, throwIfInterrupted } from '../../base/index.ts';
import type { ObjectSource } from '../objects/source/index.ts';
import { type KeySelection, type KeysOptions, openKeys, rangeOf } from './open-keys.ts';

export interface ListKeysOptions extends KeysOptions {
  readonly selection: KeySelection;
  /** 0 or none for all. */
  readonly limit?: bigint;
}

/** A key that lives at the revision, without its value. */
export interface ListedKey {
  /** A view that stays valid. */
  readonly key: Uint8Array;
  readonly createRevision: bigint;
  readonly modRevision: bigint;
  readonly version: bigint;
  /** 0 without a lease. */
  readonly lease: bigint;
  /** Of the value alone. */
  readonly valueBytes: number;
}

/** An open source with its keys in byte order; they are read as they are asked for. Dispose it. */
export interface KeyListing extends AsyncDisposable {
  readonly source: string;
  readonly revision: bigint;
  keys(): AsyncIterable<ListedKey>;
  /** The keys alone, for which no value has to be read. */
  names(): AsyncIterable<Uint8Array>;
  /** How many there are, whatever the limit. */
  count(): Promise<bigint>;
}

/** Lists keys. Memory does not grow with their values. Errors: those of opening the source. */
export async function listKeys(options: ListKeysOptions, ctx: OperationContext): Promise<KeyListing> {
  const source = await openKeys(options, ctx);
  const range = rangeOf(options.selection);
  const limited = <T>(items: AsyncIterable<T>) => firstOf(items, options.limit ?? 0n, ctx);
  return {
    source: source.description,
    revision: source.revision,
    keys: () => limited(listed(source, range)),
    names: () => limited(names(source, range)),
    async count() {
      const keys = firstOf(source.keys(range), 0n, ctx);
      let count = 0n;
      while ((await keys.next()).done !== true) count++;
      return count;
    },
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

async function* listed(source: ObjectSource, range: ReturnType<typeof rangeOf>): AsyncGenerator<ListedKey> {
  for await (const { key, value, lease } of source.entries(range)) {
    const { createRevision, modRevision, version } = key;
    yield { key: key.key, createRevision, modRevision, version, lease, valueBytes: value.length };
  }
}

async function* names(source: ObjectSource, range: ReturnType<typeof rangeOf>): AsyncGenerator<Uint8Array> {
  for await (const { key } of source.keys(range)) yield key;
}

/** The first so many of a sequence, all for a limit that is not positive; interruptions are noticed on the way. */
export async function* firstOf<T>(
  items: AsyncIterable<T>,
  limit: bigint,
  ctx: OperationContext,
): AsyncGenerator<T> {
  let left = limit > 0n ? limit : -1n;
  let count = 0;
  for await (const item of items) {
    if (left === 0n) return;
    if (++count % 1000 === 0) throwIfInterrupted(ctx.signal);
    yield item;
    left--;
    if (left === 0n) return;
  }
}
