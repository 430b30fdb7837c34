import { displayText, type OperationContext, throwIfInterrupted } from '../../../base/index.ts';
import { parseStorageKey } from '../../../formats/kubernetes-object/index.ts';
import { type InspectionOptions } from '../inspect/index.ts';
import { openObjectSource, type SourceRow } from '../source/index.ts';
import { type DatabaseSpace, measureSpace, recordFactsBytes } from './database-space.ts';
import { LargestObjects, type LargeObject } from './largest-objects.ts';
import { PackedRows } from './packed-size.ts';

export type ObjectStatsOptions = InspectionOptions & {
  /** How many of the largest objects are named; 10 by default. */
  readonly largest?: number;
};

/** Objects that have something in common. Sizes are those of stored records: key, value and facts. */
export interface ObjectShare {
  /** `deployments.apps`, or a namespace; empty for what has none. */
  readonly name: string;
  /** That live. */
  readonly objects: number;
  readonly liveBytes: number;
  /** Changes that are still held, those that made what lives included. */
  readonly revisions: number;
  readonly deletions: number;
  /** Of superseded revisions and deletions. */
  readonly historyBytes: number;
}

export interface ObjectStats {
  readonly source: string;
  readonly revision: bigint;
  readonly compactRevision: bigint;
  /** False of a live etcd, which tells what lives and not what was: no history is counted then. */
  readonly hasHistory: boolean;
  readonly total: ObjectShare;
  /** Largest first. */
  readonly byResource: readonly ObjectShare[];
  readonly byNamespace: readonly ObjectShare[];
  readonly largest: readonly LargeObject[];
  /** Of objects: what a compaction at the revision would free inside the database. */
  readonly freedByCompactionBytes: number;
  /** The database as a whole, other keys included. */
  readonly space: DatabaseSpace;
}

/**
 * Counts objects, bytes and changes by resource and namespace in one pass, without reading a value.
 *
 * Errors: those of opening the source.
 */
export async function objectStats(options: ObjectStatsOptions, ctx: OperationContext): Promise<ObjectStats> {
  await using source = await openObjectSource(options, ctx);
  const resources = new Shares();
  const namespaces = new Shares();
  const total = new Shares();
  const largest = new LargestObjects(options.largest ?? 10);
  const liveRows = new PackedRows();
  const factsBytes = source.kind === 'live' ? recordFactsBytes : 0;
  const prefixOf = prefixFinder(source.prefixes);
  let count = 0;
  for await (const row of source.rows()) {
    if (++count % 10_000 === 0) throwIfInterrupted(ctx.signal);
    if (row.isLive) liveRows.add(row.modRevision, row.recordBytes + factsBytes);
    const prefix = prefixOf(row.key);
    const place = prefix === undefined ? undefined : parseStorageKey(row.key, prefix);
    if (place === undefined) continue;
    resources.count(place.group === '' ? place.resource : `${place.resource}.${place.group}`, row);
    namespaces.count(place.namespace ?? '', row);
    total.count('', row);
    if (row.isLive) largest.offer(row.recordBytes, () => displayText(row.key));
  }
  const all = total.sorted()[0] ?? emptyShare('');
  return {
    source: source.description,
    revision: source.revision,
    compactRevision: source.compactRevision,
    hasHistory: source.kind !== 'live',
    total: all,
    byResource: resources.sorted(),
    byNamespace: namespaces.sorted(),
    largest: largest.sorted(),
    freedByCompactionBytes: all.historyBytes,
    space: await measureSpace(source, options, liveRows),
  };
}

/** The storage prefix that a key lies below, if it does. */
function prefixFinder(prefixes: readonly string[]): (key: Uint8Array) => string | undefined {
  const starts = prefixes.map((prefix) => ({ prefix, bytes: Buffer.from(`${prefix}/`) }));
  return (key) =>
    starts.find(({ bytes }) => key.length >= bytes.length && bytes.compare(key, 0, bytes.length) === 0)
      ?.prefix;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function emptyShare(name: string): ObjectShare {
  return { name, objects: 0, liveBytes: 0, revisions: 0, deletions: 0, historyBytes: 0 };
}

class Shares {
  readonly #shares = new Map<string, Mutable<ObjectShare>>();

  count(name: string, { isLive, deleted, recordBytes }: SourceRow): void {
    let share = this.#shares.get(name);
    if (share === undefined) this.#shares.set(name, (share = emptyShare(name)));
    share.revisions++;
    if (deleted) share.deletions++;
    if (isLive) {
      share.objects++;
      share.liveBytes += recordBytes;
    } else share.historyBytes += recordBytes;
  }

  sorted(): ObjectShare[] {
    const sizeOf = ({ liveBytes, historyBytes }: ObjectShare) => liveBytes + historyBytes;
    return [...this.#shares.values()].sort((a, b) => sizeOf(b) - sizeOf(a) || (a.name < b.name ? -1 : 1));
  }
}
