import type { JsonObject } from '../../../formats/kubernetes-object/index.ts';
import { isJsonObject } from '../fields/index.ts';
import { metadataOf, textOf } from './live-object.ts';

/** An object that may be restored. What it holds is read again when it is needed. */
export interface RestoreItem {
  /** `deployments.apps`. */
  readonly resource: string;
  /** In the source. */
  readonly fromNamespace: string | undefined;
  /** On the server, as all that follows. */
  readonly namespace: string | undefined;
  readonly name: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly owners: readonly OwnerReference[];
  /** The object as it was stored. Errors: OBJECT_NOT_READABLE. */
  readonly load: () => Promise<JsonObject>;
}

/** Who owns an object, as it says itself. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** The whole reference. */
  readonly reference: JsonObject;
}

/** The same for an object whatever version it is written in. */
export function identityOf(
  apiVersion: string,
  kind: string,
  namespace: string | undefined,
  name: string,
): string {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return [group, kind, namespace ?? '', name].join(' ');
}

export function itemIdentity({ apiVersion, kind, namespace, name }: RestoreItem): string {
  return identityOf(apiVersion, kind, namespace, name);
}

export function isNamespace({ resource }: RestoreItem): boolean {
  return resource === 'namespaces';
}

export function isDefinition({ resource }: RestoreItem): boolean {
  return resource === 'customresourcedefinitions.apiextensions.k8s.io';
}

export function ownersOf(object: JsonObject): OwnerReference[] {
  const references = metadataOf(object)['ownerReferences'];
  if (!Array.isArray(references)) return [];
  return references.filter(isJsonObject).map((reference) => ({
    apiVersion: textOf(reference['apiVersion']),
    kind: textOf(reference['kind']),
    name: textOf(reference['name']),
    reference,
  }));
}

/** Owners before what they own, otherwise in the order given. */
export function ownersFirst(items: readonly RestoreItem[]): RestoreItem[] {
  const byIdentity = new Map(items.map((item) => [itemIdentity(item), item]));
  const sorted = new Set<RestoreItem>();
  const visiting = new Set<RestoreItem>();
  const visit = (item: RestoreItem) => {
    if (sorted.has(item) || visiting.has(item)) return;
    visiting.add(item);
    for (const { apiVersion, kind, name } of item.owners) {
      for (const namespace of [item.namespace, undefined]) {
        const owner = byIdentity.get(identityOf(apiVersion, kind, namespace, name));
        if (owner !== undefined) visit(owner);
      }
    }
    sorted.add(item);
  };
  for (const item of items) visit(item);
  return [...sorted];
}
