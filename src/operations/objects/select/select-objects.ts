import type { StorageKey } from '../../../formats/kubernetes-object/index.ts';
import type { ObjectReader, ReadObject } from '../decode/index.ts';
import type { ObjectSource, SourceKey } from '../source/index.ts';
import type { ResourceCatalog, ResourceType } from './resource-catalog.ts';

/** Which objects: kubectl's words. */
export interface ObjectSelection {
  /** `pods`, `deploy/web`, `pods,svc`, `pods web-1 web-2` as kubectl takes them; none for everything. */
  readonly words?: readonly string[];
  /** The namespace to look into; `default` when neither this nor `allNamespaces` is given and words are. */
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  /** `app=web,tier!=db,env in (a,b),!canary`. */
  readonly labelSelector?: string;
  /** `metadata.name=web,status.phase!=Running`. */
  readonly fieldSelector?: string;
}

/** An object that was selected. */
export interface FoundObject {
  readonly place: StorageKey;
  /** Absent for a path that neither the table nor a definition has. */
  readonly type: ResourceType | undefined;
  readonly key: SourceKey;
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

/** A key that was selected, before its value was read. */
export interface FoundKey {
  readonly place: StorageKey;
  readonly type: ResourceType | undefined;
  readonly key: SourceKey;
}

/**
 * The objects of a selection, in the order of the words, then of their keys; without words in the order of keys.
 * Records that the API server keeps for itself come only when their resource is named. With a label or field selector
 * an object that could not be read is not selected.
 *
 * Errors: UNKNOWN_RESOURCE, USAGE (a selector that does not parse), OBJECT_NOT_FOUND (a named object is not there).
 */
export declare function selectObjects(
  from: SelectFrom,
  selection: ObjectSelection,
  options?: { readonly depth?: 'whole' | 'metadata' },
): AsyncIterable<FoundObject>;

/** The same by keys alone: selectors are refused with USAGE. */
export declare function selectKeys(from: SelectFrom, selection: ObjectSelection): AsyncIterable<FoundKey>;
