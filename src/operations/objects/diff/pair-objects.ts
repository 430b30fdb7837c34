import { hasCode, type OperationContext, throwIfInterrupted, utf8 } from '../../../base/index.ts';
import type { StorageKey } from '../../../formats/kubernetes-object/index.ts';
import type { Inspection } from '../inspect/index.ts';
import { type ObjectSelection, selectKeys, selectObjects } from '../select/index.ts';
import type { SourceKey } from '../source/index.ts';

/** The same place in two sources; absent where nothing lives there. */
export interface ObjectPair {
  readonly place: StorageKey;
  readonly before: SourceKey | undefined;
  readonly after: SourceKey | undefined;
}

type Places = Map<string, { readonly place: StorageKey; readonly key: SourceKey }>;

/**
 * What a selection finds in either of two sources, by resource, namespace and name: a selector needs to match in one
 * of them. The storage prefixes may be different. Memory grows with the number of keys.
 *
 * Errors: those of the selection when they are the same in both; a name that is only in one is no error.
 */
export async function pairObjects(
  before: Inspection,
  after: Inspection,
  selection: ObjectSelection,
  ctx: OperationContext,
): Promise<ObjectPair[]> {
  const words = selection.words ?? [];
  // Word by word, because what is missing on one side may be there on the other.
  const parts = words.length === 0 ? [selection] : words.map((word) => ({ ...selection, words: [word] }));
  const found = new Map<string, ObjectPair>();
  for (const part of parts) {
    const [mine, theirs] = [await collect(before, part, ctx), await collect(after, part, ctx)];
    if (!(mine instanceof Map) && !(theirs instanceof Map)) throw mine;
    const hasSelector = Boolean(part.labelSelector) || Boolean(part.fieldSelector);
    await addPairs(found, before, after, asPlaces(mine), asPlaces(theirs), hasSelector);
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pair]) => pair);
}

const asPlaces = (found: Places | Error): Places => (found instanceof Map ? found : new Map<never, never>());

async function addPairs(
  found: Map<string, ObjectPair>,
  before: Inspection,
  after: Inspection,
  mine: Places,
  theirs: Places,
  hasSelector: boolean,
): Promise<void> {
  for (const [id, { place }] of [...mine, ...theirs]) {
    if (found.has(id)) continue;
    const keyIn = async (places: Places, { source }: Inspection) =>
      places.get(id)?.key ?? (hasSelector ? await findPlace(source, place) : undefined);
    found.set(id, { place, before: await keyIn(mine, before), after: await keyIn(theirs, after) });
  }
}

async function findPlace(source: Inspection['source'], place: StorageKey): Promise<SourceKey | undefined> {
  const below = [place.path, ...(place.namespace === undefined ? [] : [place.namespace]), place.name].join(
    '/',
  );
  for (const prefix of source.prefixes) {
    const key = await source.find(utf8(`${prefix}/${below}`));
    if (key !== undefined) return key;
  }
  return undefined;
}

async function collect(
  inspection: Inspection,
  selection: ObjectSelection,
  ctx: OperationContext,
): Promise<Places | Error> {
  const places: Places = new Map();
  const hasSelector = Boolean(selection.labelSelector) || Boolean(selection.fieldSelector);
  try {
    const found = hasSelector
      ? selectObjects(inspection, selection, { depth: 'metadata' })
      : selectKeys(inspection, selection);
    for await (const { place, key } of found) {
      if (places.size % 1000 === 0) throwIfInterrupted(ctx.signal);
      places.set([place.path, place.namespace ?? '', place.name].join('/'), { place, key });
    }
    return places;
  } catch (error) {
    const isMissing = hasCode(error, 'OBJECT_NOT_FOUND') || hasCode(error, 'UNKNOWN_RESOURCE');
    if (!isMissing) throw error;
    return error;
  }
}
