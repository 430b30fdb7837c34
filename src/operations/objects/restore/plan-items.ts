import { HoldfastError, hasCode, type OperationContext, throwIfInterrupted } from '../../../base/index.ts';
import type { JsonObject } from '../../../formats/kubernetes-object/index.ts';
import { type OrderedKey, orderedKeys, readWhole } from '../extract/index.ts';
import { type Inspection, isSecret } from '../inspect/index.ts';
import { metadataOf, textOf } from './live-object.ts';
import { whyNotRestored } from './never-restored.ts';
import { itemIdentity, ownersFirst, ownersOf, type RestoreItem } from './restore-item.ts';
import type { RestoredObject, RestoreObjectsOptions } from './restore-types.ts';

/** What is to be asked of the server, in order, and what is settled already. */
export interface PlannedItems {
  readonly items: readonly RestoreItem[];
  readonly settled: readonly RestoredObject[];
}

/**
 * Reads the selection once and sorts out what is never restored, secrets that nobody asked for, and what cannot be
 * read. Memory grows with the number of objects, not with their size.
 */
export async function planItems(
  inspection: Inspection,
  options: RestoreObjectsOptions,
  ctx: OperationContext,
): Promise<PlannedItems> {
  const { selection, includeSecrets = false } = options;
  const items = new Map<string, RestoreItem>();
  const settled: RestoredObject[] = [];
  for (const key of await orderedKeys(inspection, selection, ctx)) {
    throwIfInterrupted(ctx.signal);
    const place = placeOf(key, options);
    const settle = (outcome: 'skipped' | 'failed', reason: string) =>
      settled.push({ ...place, outcome, reason, notes: [], fields: [] });
    if (isSecret(key.found.place) && !includeSecrets) {
      settle('skipped', 'secrets are left out without --include-secrets');
      continue;
    }
    const read = await readWhole(inspection, key.found);
    if (!('object' in read)) {
      settle('failed', `it cannot be read: ${read.finding.message}`);
      continue;
    }
    const why = whyNotRestored(key.resource, read.object);
    if (why !== undefined) {
      settle('skipped', why);
      continue;
    }
    const item = itemOf(inspection, key, read.object, options);
    const identity = itemIdentity(item);
    if (items.has(identity)) settle('failed', 'another object of the selection would become the same one');
    else items.set(identity, item);
  }
  return { items: ownersFirst([...items.values()]), settled };
}

/** A namespace that the source has; one of that name alone when it has none. */
export async function planNamespace(
  inspection: Inspection,
  from: string,
  options: RestoreObjectsOptions,
  ctx: OperationContext,
): Promise<RestoreItem> {
  try {
    const [key] = await orderedKeys(inspection, { words: [`namespaces/${from}`] }, ctx);
    if (key !== undefined) {
      const read = await readWhole(inspection, key.found);
      if ('object' in read) return itemOf(inspection, key, read.object, options);
    }
  } catch (error) {
    if (!(error instanceof HoldfastError) || !hasCode(error, 'OBJECT_NOT_FOUND')) throw error;
  }
  const object: JsonObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: from } };
  return {
    resource: 'namespaces',
    fromNamespace: undefined,
    namespace: undefined,
    name: options.namespaceMap?.get(from) ?? from,
    apiVersion: 'v1',
    kind: 'Namespace',
    owners: [],
    load: () => Promise.resolve(object),
  };
}

function itemOf(
  inspection: Inspection,
  key: OrderedKey,
  object: JsonObject,
  options: RestoreObjectsOptions,
): RestoreItem {
  const { resource, namespace, name } = placeOf(key, options);
  return {
    resource,
    fromNamespace: key.found.place.namespace,
    namespace,
    name,
    apiVersion: textOf(object['apiVersion']),
    kind: textOf(object['kind']),
    // The namespace of an object and that of its owner are one, here and there.
    owners: ownersOf({ metadata: metadataOf(object) }),
    load: async () => {
      const read = await readWhole(inspection, key.found);
      if ('object' in read) return read.object;
      throw new HoldfastError('OBJECT_NOT_READABLE', `it cannot be read: ${read.finding.message}`);
    },
  };
}

function placeOf(
  { found: { place }, resource }: OrderedKey,
  { namespaceMap = new Map() }: RestoreObjectsOptions,
): Pick<RestoredObject, 'resource' | 'namespace' | 'name' | 'fromNamespace'> {
  const from = place.namespace;
  const namespace = from === undefined ? undefined : (namespaceMap.get(from) ?? from);
  const name = resource === 'namespaces' ? (namespaceMap.get(place.name) ?? place.name) : place.name;
  return {
    resource,
    namespace,
    name,
    ...(from !== undefined && from !== namespace && { fromNamespace: from }),
  };
}
