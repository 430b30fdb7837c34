import {
  compareBytes,
  type OperationContext,
  prefixEnd,
  throwIfInterrupted,
  utf8,
  yieldToEventLoop,
} from '../../../base/index.ts';
import { parseStorageKey, type StorageKey } from '../../../formats/kubernetes-object/index.ts';
import type { ObjectSource, SourceKey } from '../source/index.ts';

/** A key on one side, whose value is read when it is asked for. */
export interface MergedSide {
  readonly key: Pick<SourceKey, 'key' | 'modRevision'>;
  value(): Promise<Uint8Array>;
}

/** The same place on two sides; absent where nothing lives there. */
export interface MergedPair {
  readonly place: StorageKey;
  readonly present: MergedSide | undefined;
  readonly recovered: MergedSide | undefined;
}

/**
 * Every object of either source once, in the order of keys, as two sorted streams that run side by side: memory does
 * not grow with either. What the API server keeps for itself is left out. Of a live etcd values come many at a time.
 */
export async function* mergeSources(
  present: ObjectSource,
  recovered: ObjectSource,
  ctx: OperationContext,
): AsyncGenerator<MergedPair> {
  let count = 0;
  for (const [mine, theirs] of pairPrefixes(present.prefixes, recovered.prefixes)) {
    const a = new Cursor(present, mine);
    const b = new Cursor(recovered, theirs);
    await a.advance();
    await b.advance();
    while (a.side !== undefined || b.side !== undefined) {
      if (++count % keysInSlice === 0) await yieldToEventLoop();
      throwIfInterrupted(ctx.signal);
      const order = compareEnds(a.below, b.below);
      const pair = { present: order <= 0 ? a.side : undefined, recovered: order >= 0 ? b.side : undefined };
      const place = order <= 0 ? a.place() : b.place();
      if (place !== undefined && place.origin !== 'internal') yield { place, ...pair };
      if (order <= 0) await a.advance();
      if (order >= 0) await b.advance();
    }
  }
}

/** Between two looks at the event loop. */
const keysInSlice = 2000;

/** The same prefix belongs together; so do the only two, when they are not the same. */
function pairPrefixes(
  present: readonly string[],
  recovered: readonly string[],
): readonly (readonly [string | undefined, string | undefined])[] {
  if (present.length === 1 && recovered.length === 1) return [[present[0], recovered[0]]];
  const has = (prefixes: readonly string[], prefix: string) =>
    prefixes.includes(prefix) ? prefix : undefined;
  return [...new Set([...present, ...recovered])].map((prefix) => [
    has(present, prefix),
    has(recovered, prefix),
  ]);
}

/** The end of a stream comes after everything. */
function compareEnds(a: Uint8Array | undefined, b: Uint8Array | undefined): number {
  if (a === undefined || b === undefined) return a === undefined ? 1 : -1;
  return compareBytes(a, b);
}

/** Where one stream is. */
class Cursor {
  side: MergedSide | undefined;
  /** The key below its prefix: a view. */
  below: Uint8Array | undefined;
  readonly #prefix: string;
  readonly #sides: AsyncIterator<MergedSide>;

  /** @param prefix none: an empty stream */
  constructor(source: ObjectSource, prefix: string | undefined) {
    this.#prefix = prefix ?? '';
    this.#sides = (prefix === undefined ? nothing() : sidesOf(source, prefix))[Symbol.asyncIterator]();
  }

  async advance(): Promise<void> {
    const next = await this.#sides.next();
    this.side = next.done === true ? undefined : next.value;
    this.below = this.side?.key.key.subarray(this.#prefix.length);
  }

  place(): StorageKey | undefined {
    return this.side && parseStorageKey(this.side.key.key, this.#prefix);
  }
}

async function* nothing(): AsyncGenerator<MergedSide> {}

async function* sidesOf(source: ObjectSource, prefix: string): AsyncGenerator<MergedSide> {
  const from = utf8(`${prefix}/`);
  const range = { from, to: prefixEnd(from) };
  if (source.kind === 'live') {
    for await (const { key, value } of source.entries(range))
      yield { key, value: () => Promise.resolve(value) };
  } else {
    for await (const key of source.keys(range)) yield { key, value: () => source.value(key) };
  }
}
