import { HoldfastError, prefixEnd, utf8, yieldToEventLoop } from '../../../base/index.ts';
import {
  type JsonObject,
  type JsonValue,
  parseStorageKey,
  type StorageKey,
} from '../../../formats/kubernetes-object/index.ts';
import type { KeyRange } from '../../../formats/mvcc/index.ts';
import type { ObjectReader, ReadDepth, ReadObject } from '../decode/index.ts';
import type { ObjectSource, SourceEntry, SourceKey } from '../source/index.ts';
import { type FieldSelector, parseFieldSelector } from './field-selector.ts';
import { type LabelTest, parseLabelSelector } from './label-selector.ts';
import { readObjectWords } from './object-words.ts';
import type { ResourceCatalog, ResourceType } from './resource-catalog.ts';

/** Which objects: kubectl's words. */
export interface ObjectSelection {
  /** `pods`, `deploy/web`, `pods,svc`; none for everything. */
  readonly words?: readonly string[];
  /** The namespace to look into. With words and neither this nor `allNamespaces`, it is `default`. */
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  /** `app=web,tier!=db,env in (a,b),!canary`. */
  readonly labelSelector?: string;
  /** `metadata.name=web,status.phase!=Running`. */
  readonly fieldSelector?: string;
}

/** A key that was selected, before its value was read. */
export interface FoundKey {
  readonly place: StorageKey;
  /** Absent for a path that neither the table nor a definition has. */
  readonly type: ResourceType | undefined;
  readonly key: SourceKey;
}

/** An object that was selected. */
export interface FoundObject extends FoundKey {
  /** As it is stored: encrypted if it is. */
  readonly value: Uint8Array;
  readonly object: ReadObject;
}

/** What to look into and with what. */
export interface SelectFrom {
  readonly source: ObjectSource;
  readonly reader: ObjectReader;
  readonly catalog: ResourceCatalog;
}

export interface SelectOptions {
  /** Whole by default. A function decides by type. A mask has to name what selectors look at: labels and names. */
  readonly depth?: ReadDepth | ((type: ResourceType | undefined) => ReadDepth);
}

/**
 * The objects of a selection, in the order of the words, then of their keys; without words in the order of keys.
 * Records that the API server keeps for itself come only when their resource is named. With a selector an object that
 * could not be read is not selected.
 *
 * Errors: UNKNOWN_RESOURCE, USAGE (a selector or word that does not parse), OBJECT_NOT_FOUND (a named object is not
 * there), and those of the source.
 */
export async function* selectObjects(
  from: SelectFrom,
  selection: ObjectSelection,
  { depth = 'whole' }: SelectOptions = {},
): AsyncGenerator<FoundObject> {
  const { reader, source } = from;
  const labels = selection.labelSelector ? parseLabelSelector(selection.labelSelector) : undefined;
  const fields = selection.fieldSelector ? parseFieldSelector(selection.fieldSelector) : undefined;
  const depthOf = typeof depth === 'function' ? depth : () => depth;
  let count = 0;
  for (const run of planRuns(from, selection)) {
    for await (const { key, value } of entriesOf(source, run)) {
      if (++count % keysInSlice === 0) await yieldToEventLoop();
      const found = admit(key, run, from);
      if (found === undefined) continue;
      const wanted = fields?.isMetadataOnly === false ? 'whole' : depthOf(found.type);
      const of = { key: key.key, modRevision: key.modRevision, place: found.place };
      const object = await reader.read(value, of, { depth: wanted });
      if (isSelected(object, labels, fields)) yield { ...found, value, object };
    }
  }
}

/**
 * The same by keys alone, without reading a value. Errors: also USAGE for a label or field selector.
 */
export async function* selectKeys(from: SelectFrom, selection: ObjectSelection): AsyncGenerator<FoundKey> {
  if (selection.labelSelector || selection.fieldSelector)
    throw new HoldfastError('USAGE', 'labels and fields cannot be asked for where values are not read');
  let count = 0;
  for (const run of planRuns(from, selection)) {
    for await (const key of keysOf(from.source, run)) {
      if (++count % keysInSlice === 0) await yieldToEventLoop();
      const found = admit(key, run, from);
      if (found !== undefined) yield found;
    }
  }
}

/** Between two looks at the event loop. */
const keysInSlice = 2000;

/** Keys to go through one after the other. */
interface Run {
  readonly prefix: string;
  readonly range: KeyRange;
  /** What the keys are of; absent for everything. */
  readonly type?: ResourceType;
  /** Which of the keys count; absent for all of them. */
  readonly filter?: (place: StorageKey) => boolean;
  /** The one object that the run is for: its places, in order. */
  readonly named?: { readonly words: string; readonly keys: readonly Uint8Array[] };
}

function planRuns({ source, catalog }: SelectFrom, selection: ObjectSelection): Run[] {
  const { words = [], namespace, allNamespaces = false } = selection;
  if (words.length === 0) {
    return source.prefixes.map((prefix) => {
      const run = { prefix, range: rangeOf(`${prefix}/`) };
      const isEverywhere = allNamespaces || namespace === undefined;
      return isEverywhere ? run : { ...run, filter: (place) => place.namespace === namespace };
    });
  }
  return readObjectWords(words, catalog).flatMap(({ type, name }) => {
    const where = type.namespaced && !allNamespaces ? (namespace ?? 'default') : undefined;
    if (name !== undefined && (where !== undefined || !type.namespaced))
      return [namedRun(source, type, where, name)];
    return source.prefixes.map((prefix): Run => {
      const below = where === undefined ? '' : `${where}/`;
      const run = { prefix, type, range: rangeOf(`${prefix}/${type.path}/${below}`) };
      return name === undefined ? run : { ...run, filter: (place) => place.name === name };
    });
  });
}

function namedRun(
  { prefixes }: ObjectSource,
  type: ResourceType,
  namespace: string | undefined,
  name: string,
): Run {
  const place = namespace === undefined ? name : `${namespace}/${name}`;
  const keys = prefixes.map((prefix) => utf8(`${prefix}/${type.path}/${place}`));
  const words = `${type.resource}/${name}${namespace === undefined ? '' : ` in namespace ${namespace}`}`;
  return { prefix: prefixes[0] ?? '', type, range: rangeOf(''), named: { words, keys } };
}

async function* keysOf(source: ObjectSource, run: Run): AsyncGenerator<SourceKey> {
  if (run.named === undefined) {
    yield* source.keys(run.range);
    return;
  }
  for (const key of run.named.keys) {
    const found = await source.find(key);
    if (found === undefined) continue;
    yield found;
    return;
  }
  const message = `${run.named.words} is not there at revision ${source.revision}`;
  throw new HoldfastError('OBJECT_NOT_FOUND', message, { details: { source: source.description } });
}

async function* entriesOf(source: ObjectSource, run: Run): AsyncGenerator<SourceEntry> {
  // A live etcd gives many values in one answer, more cheaply than some of them one by one.
  if (run.named === undefined && (run.filter === undefined || source.kind === 'live')) {
    yield* source.entries(run.range);
    return;
  }
  for await (const key of keysOf(source, run)) {
    const place = run.filter && parsePlace(key, run, source);
    if (run.filter !== undefined && (place === undefined || !run.filter(place))) continue;
    yield await source.entry(key);
  }
}

/** A key as what it is of, if it is of what the run is for. */
function admit(key: SourceKey, run: Run, { source, catalog }: SelectFrom): FoundKey | undefined {
  const place = parsePlace(key, run, source);
  if (place === undefined || run.filter?.(place) === false) return undefined;
  if (run.type === undefined) {
    if (place.origin === 'internal') return undefined;
    return { place, type: catalog.find(place), key };
  }
  const isOfType = place.group === run.type.group && place.resource === run.type.resource;
  return isOfType ? { place, type: run.type, key } : undefined;
}

function parsePlace({ key }: SourceKey, run: Run, source: ObjectSource): StorageKey | undefined {
  if (run.named === undefined) return parseStorageKey(key, run.prefix);
  return source.prefixes.map((prefix) => parseStorageKey(key, prefix)).find(Boolean);
}

function rangeOf(prefix: string): KeyRange {
  const from = utf8(prefix);
  return prefix === '' ? { from } : { from, to: prefixEnd(from) };
}

function isSelected(
  read: ReadObject,
  labels: LabelTest | undefined,
  fields: FieldSelector | undefined,
): boolean {
  if (labels === undefined && fields === undefined) return true;
  if (read.state !== 'decoded') return false;
  const metadata = objectOf(read.object['metadata']);
  if (labels !== undefined && !labels(objectOf(metadata['labels']))) return false;
  return fields === undefined || fields.matches(read.object);
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
