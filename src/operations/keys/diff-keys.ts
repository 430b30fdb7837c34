import { compareBytes, equalBytes, type OperationContext, throwIfInterrupted } from '../../base/index.ts';
import type { ObjectSource, SourceEntry } from '../objects/source/index.ts';
import { type KeySelection, type KeysOptions, openKeys, rangeOf } from './open-keys.ts';

export interface DiffKeysOptions {
  readonly before: KeysOptions;
  readonly after: KeysOptions;
  readonly selection: KeySelection;
  /** Called for each key that differs, in byte order; the next one waits for it. */
  readonly onDifference: (difference: KeyDifference) => void | Promise<void>;
}

/** A key that only one side has, or that has another value or lease on the other. */
export interface KeyDifference {
  readonly change: 'added' | 'removed' | 'changed';
  readonly key: Uint8Array;
  /** Absent for what was added. */
  readonly before?: SourceEntry;
  /** Absent for what was removed. */
  readonly after?: SourceEntry;
}

export interface DiffKeysSummary {
  readonly before: { readonly source: string; readonly revision: bigint };
  readonly after: { readonly source: string; readonly revision: bigint };
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** With the same value and lease; those with another revision are among them. */
  readonly unchanged: number;
}

/**
 * Compares the keys of two sources by value and lease. Revisions do not count: they differ between clusters that hold
 * the same. Memory does not grow with what is compared. Errors: those of opening the sources.
 */
export async function diffKeys(options: DiffKeysOptions, ctx: OperationContext): Promise<DiffKeysSummary> {
  await using before = await openKeys(options.before, ctx);
  await using after = await openKeys(options.after, ctx);
  const counts = { added: 0, removed: 0, changed: 0, unchanged: 0 };
  const range = rangeOf(options.selection);
  for await (const [old, young] of pairs(before.entries(range), after.entries(range))) {
    throwIfInterrupted(ctx.signal);
    const difference = differenceOf(old, young);
    counts[difference?.change ?? 'unchanged']++;
    if (difference !== undefined) await options.onDifference(difference);
  }
  return { before: factsOf(before), after: factsOf(after), ...counts };
}

function factsOf({ description, revision }: ObjectSource): DiffKeysSummary['before'] {
  return { source: description, revision };
}

function differenceOf(
  before: SourceEntry | undefined,
  after: SourceEntry | undefined,
): KeyDifference | undefined {
  if (before === undefined) return after && { change: 'added', key: after.key.key, after };
  const { key } = before.key;
  if (after === undefined) return { change: 'removed', key, before };
  if (equalBytes(before.value, after.value) && before.lease === after.lease) return undefined;
  return { change: 'changed', key, before, after };
}

/** Two sequences in the order of keys as one: what both have comes together. */
async function* pairs(
  before: AsyncIterable<SourceEntry>,
  after: AsyncIterable<SourceEntry>,
): AsyncGenerator<readonly [SourceEntry | undefined, SourceEntry | undefined]> {
  const old = before[Symbol.asyncIterator]();
  const young = after[Symbol.asyncIterator]();
  try {
    let a = await next(old);
    let b = await next(young);
    while (a !== undefined || b !== undefined) {
      const order = a === undefined ? 1 : b === undefined ? -1 : compareBytes(a.key.key, b.key.key);
      yield [order <= 0 ? a : undefined, order >= 0 ? b : undefined];
      if (order <= 0) a = await next(old);
      if (order >= 0) b = await next(young);
    }
  } finally {
    await old.return?.();
    await young.return?.();
  }
}

async function next<T>(iterator: AsyncIterator<T>): Promise<T | undefined> {
  const result = await iterator.next();
  return result.done === true ? undefined : result.value;
}
