import type { JsonObject } from '../../../formats/kubernetes-object/index.ts';
import {
  type FoundObject,
  type ObjectSelection,
  type SelectFrom,
  selectKeys,
  selectObjects,
} from '../select/index.ts';

/**
 * The selected objects as the API server would serve them, one after the other. In place of one that cannot be read
 * stands what is known of it, with the reason as annotation `holdfast/unread`.
 *
 * Errors: those of `selectObjects`.
 */
export async function* listItems(from: SelectFrom, selection: ObjectSelection): AsyncGenerator<JsonObject> {
  for await (const found of selectObjects(from, selection)) yield itemOf(found);
}

/** What stands for an object in a list. */
export function itemOf({ object, place, type, key }: FoundObject): JsonObject {
  if (object.state === 'decoded') return object.object;
  const { group, name, namespace } = place;
  return {
    apiVersion: object.apiVersion ?? (group === '' ? 'v1' : `${group}/v1`),
    kind: object.kind ?? type?.kind ?? place.kind ?? place.resource,
    metadata: {
      annotations: { 'holdfast/unread': object.finding.message },
      name,
      ...(namespace === undefined ? {} : { namespace }),
      resourceVersion: key.modRevision.toString(),
    },
  };
}

/**
 * `pod/web-1`, `deployment.apps/web`: the names alone. Without a label or field selector no value is read.
 */
export async function* listNames(from: SelectFrom, selection: ObjectSelection): AsyncGenerator<string> {
  const isByKey = !selection.labelSelector && !selection.fieldSelector;
  const found = isByKey ? selectKeys(from, selection) : selectObjects(from, selection, { depth: 'metadata' });
  for await (const { place, type } of found) yield `${typeWord(place, type)}/${place.name}`;
}

/** The type before a name: `pod`, `deployment.apps`. */
export function typeWord(place: FoundObject['place'], type: FoundObject['type']): string {
  const singular = type?.singular ?? place.kind?.toLowerCase() ?? place.resource;
  return place.group === '' ? singular : `${singular}.${place.group}`;
}
