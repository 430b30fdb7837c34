import { displayText, memorySource } from '../../src/base/index.ts';
import { openDatabase } from '../../src/formats/bbolt/index.ts';
import { decodeKeyValue, type KeyValue } from '../../src/formats/mvcc/index.ts';
import type { JsonObject, JsonValue } from '../../src/formats/kubernetes-object/index.ts';
import { type KubernetesSample, sampleFile } from '../support/kubernetes-samples.ts';

/** Every change that a sample's snapshot holds, in order; deletions have an empty value. */
export async function readRows(sample: KubernetesSample): Promise<KeyValue[]> {
  const database = openDatabase(memorySource(await sampleFile(sample, 'db')));
  return [...database.bucket('key')!.entries()].map(({ value }) => decodeKeyValue(value));
}

/** What is alive at the end: key → record. */
export async function readLive(sample: KubernetesSample): Promise<Map<string, KeyValue>> {
  const live = new Map<string, KeyValue>();
  for (const row of await readRows(sample)) {
    const key = displayText(row.key);
    // A tombstone has neither value nor revisions.
    if (row.modRevision === 0n) live.delete(key);
    else live.set(key, row);
  }
  return live;
}

/** An API object, as far as tests look into it. */
export interface ServedObject extends JsonObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; [name: string]: JsonValue };
}

/** What the API server served: `group/resource/namespace/name` → object. */
export async function readServed(sample: KubernetesSample): Promise<Map<string, ServedObject>> {
  const text = displayText(await sampleFile(sample, 'objects.json'));
  const { kinds, items } = parseExact(text) as {
    readonly kinds: readonly (readonly [apiVersion: string, resource: string, kind: string])[];
    readonly items: readonly ServedObject[];
  };
  const resources = new Map(kinds.map(([apiVersion, resource, kind]) => [`${apiVersion} ${kind}`, resource]));
  return new Map(
    items.map((item) => {
      const group = item.apiVersion.includes('/') ? item.apiVersion.split('/')[0]! : '';
      const resource = resources.get(`${item.apiVersion} ${item.kind}`)!;
      return [objectId({ group, resource, ...item.metadata }), item];
    }),
  );
}

export function objectId(place: {
  readonly group: string;
  readonly resource: string;
  readonly namespace?: string | undefined;
  readonly name: string;
}): string {
  return [place.group, place.resource, place.namespace ?? '', place.name].join('/');
}

/** JSON with integers beyond 2^53 as bigint. */
export function parseExact(text: string): unknown {
  return JSON.parse(text, (_name, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
      ? BigInt(context!.source!)
      : value,
  ) as unknown;
}
