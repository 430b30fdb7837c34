import type { JsonObject, JsonValue } from '../../../formats/kubernetes-object/index.ts';
import { parseStorageKey } from '../../../formats/kubernetes-object/index.ts';
import type { ObjectSource } from '../source/index.ts';
import type { ObjectReader } from './object-reader.ts';

/** Leases are renewed every ten seconds, so that some are among those that were written last. */
const objectsLookedAt = 64;

/**
 * The moment that a source shows, in milliseconds since the epoch: the newest time stamp in the objects that were
 * written last. Undefined where none of them has one. What it reads is not counted.
 */
export async function estimateMoment(
  source: ObjectSource,
  reader: ObjectReader,
): Promise<number | undefined> {
  let newestMs: number | undefined;
  for (const key of await source.newest(objectsLookedAt)) {
    const place = source.prefixes.map((prefix) => parseStorageKey(key.key, prefix)).find(Boolean);
    if (place === undefined) continue;
    const value = await source.value(key);
    const of = { key: key.key, modRevision: key.modRevision, place };
    const read = await reader.read(value, of, { uncounted: true });
    if (read.state !== 'decoded') continue;
    for (const timeMs of stampsOf(read.object)) newestMs = Math.max(newestMs ?? 0, timeMs);
  }
  return newestMs;
}

/** Fields that say when something happened, as opposed to when it is to happen. */
const stampFields: ReadonlySet<string> = new Set([
  'creationTimestamp',
  'deletionTimestamp',
  'eventTime',
  'firstTimestamp',
  'lastHeartbeatTime',
  'lastObservedTime',
  'lastProbeTime',
  'lastTimestamp',
  'lastTransitionTime',
  'lastUpdateTime',
  'renewTime',
  'startTime',
  'time',
]);

function* stampsOf(object: JsonObject): Generator<number> {
  // `data` and `spec` of what people write may hold any text; the lease's spec is the exception.
  const { metadata, status, ...rest } = object;
  const spec = object['kind'] === 'Lease' ? rest['spec'] : undefined;
  for (const part of [metadata, status, spec]) if (part !== undefined) yield* stampsIn(part);
  if (object['kind'] === 'Event') yield* stampsIn({ ...rest });
}

function* stampsIn(value: JsonValue): Generator<number> {
  if (Array.isArray(value)) for (const item of value) yield* stampsIn(item);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const [name, member] of Object.entries(value)) {
    if (name === 'annotations' || name === 'labels' || name === 'fieldsV1') continue;
    if (typeof member === 'string') {
      const timeMs = stampFields.has(name) ? Date.parse(member) : Number.NaN;
      if (!Number.isNaN(timeMs)) yield timeMs;
    } else yield* stampsIn(member);
  }
}
