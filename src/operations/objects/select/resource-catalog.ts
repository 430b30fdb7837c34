import type { JsonObject } from '../../../formats/kubernetes-object/index.ts';
import type { ObjectReader } from '../decode/index.ts';
import type { ObjectSource } from '../source/index.ts';

/** A resource that the source may hold, built in or defined by a CustomResourceDefinition in it. */
export interface ResourceType {
  /** Empty for the core group. */
  readonly group: string;
  /** Plural name: `deployments`. */
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Below the storage prefix: `services/specs`. */
  readonly path: string;
  readonly origin: 'built-in' | 'internal' | 'openshift' | 'custom';
  /** Of a custom resource: its definition, as the API server serves it. */
  readonly definition?: JsonObject;
}

export interface ResourceCatalog {
  readonly types: readonly ResourceType[];
  /**
   * What a word means: plural, singular, short name or kind in any case, with `.group` or `.version.group` behind it,
   * or a category (`all`). Throws UNKNOWN_RESOURCE.
   */
  resolve(word: string): readonly ResourceType[];
  /** The type of a place in the key space. */
  find(place: { readonly group: string; readonly resource: string }): ResourceType | undefined;
}

export declare function openResourceCatalog(
  source: ObjectSource,
  reader: ObjectReader,
): Promise<ResourceCatalog>;
