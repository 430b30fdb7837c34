import {
  compareStamps,
  decodePin,
  decodePruneMarker,
  decodeResult,
  decodeTombstone,
  encodePin,
  encodePruneMarker,
  encodeResult,
  encodeTombstone,
  newStamp,
  type Pin,
  type PruneMarker,
  stampTimeMs,
  type Tombstone,
  type VerificationResult,
} from '../records/index.ts';
import { sealObject } from '../sealing/index.ts';
import { listSealed, type NamedStatement, putSealed, type SealedStore } from './small-objects.ts';

/** Says that a backup is forgotten; its record is deleted after that. A tombstone that is there already stays. */
export async function putTombstone(
  store: SealedStore,
  id: string,
  tombstone: Tombstone,
  signal?: AbortSignal,
): Promise<void> {
  const name = `forgotten/${id}`;
  if ((await store.storage.stat(name, { signal })) !== undefined) return;
  const bytes = await sealObject(store.keys, { kind: 'tombstone', name }, encodeTombstone(tombstone));
  // Another forget may have put its own since.
  await store.storage.putIfAbsent(name, [bytes], { signal });
}

/** Names are `forgotten/<id>`. One that cannot be read counts. */
export function listTombstones(
  store: SealedStore,
  signal?: AbortSignal,
): Promise<NamedStatement<Tombstone>[]> {
  return listSealed(store, 'tombstone', 'forgotten/', decodeTombstone, signal);
}

/**
 * Adds a pin to those that the backup may have, with a name after all of theirs whatever the clock says. Returns its
 * name, `pins/<id>/<stamp>`.
 */
export async function putPin(
  store: SealedStore,
  id: string,
  pin: Pin,
  signal?: AbortSignal,
): Promise<string> {
  let stamp = newStamp(Date.parse(pin.at));
  for (const there of await pinNames(store, id, signal)) {
    const last = there.slice(`pins/${id}/`.length);
    const lastMs = stampTimeMs(last);
    if (lastMs !== undefined && compareStamps(stamp, last) <= 0) stamp = newStamp(lastMs + 1000);
  }
  const name = `pins/${id}/${stamp}`;
  await putSealed(store, { kind: 'pin', name }, encodePin(pin), signal);
  return name;
}

/** Names are `pins/<id>/<stamp>`. One that cannot be read counts. */
export function listPins(store: SealedStore, signal?: AbortSignal): Promise<NamedStatement<Pin>[]> {
  return listSealed(store, 'pin', 'pins/', decodePin, signal);
}

/** Whether a backup has a pin, readable or not. */
export async function isPinned({ storage }: SealedStore, id: string, signal?: AbortSignal): Promise<boolean> {
  for await (const _ of storage.list(`pins/${id}/`, { signal })) return true;
  return false;
}

/**
 * Deletes pins of a backup.
 * @param before the name of one that stays with all after it: of two who put one each and then delete the other's, both
 *   would be gone
 */
export async function deletePins(
  store: SealedStore,
  id: string,
  { before, signal }: { readonly before?: string; readonly signal?: AbortSignal } = {},
): Promise<void> {
  for (const name of await pinNames(store, id, signal))
    if (before === undefined || name < before) await store.storage.delete(name, { signal });
}

/** In order. */
async function pinNames({ storage }: SealedStore, id: string, signal?: AbortSignal): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of storage.list(`pins/${id}/`, { signal })) names.push(name);
  return names;
}

export function putResult(
  store: SealedStore,
  id: string,
  result: VerificationResult,
  nowMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const name = `results/${id}/${newStamp(nowMs)}`;
  return putSealed(store, { kind: 'result', name }, encodeResult(result), signal);
}

/** Of one backup, or of all; names are `results/<id>/<stamp>`. */
export function listResults(
  store: SealedStore,
  id?: string,
  signal?: AbortSignal,
): Promise<NamedStatement<VerificationResult>[]> {
  return listSealed(store, 'result', id === undefined ? 'results/' : `results/${id}/`, decodeResult, signal);
}

/** Puts a marker; returns its name, `prune/<stamp>`. */
export async function putPruneMarker(
  store: SealedStore,
  marker: PruneMarker,
  nowMs: number,
  signal?: AbortSignal,
): Promise<string> {
  const name = `prune/${newStamp(nowMs)}`;
  await putSealed(store, { kind: 'pruneMarker', name }, encodePruneMarker(marker), signal);
  return name;
}

export function listPruneMarkers(
  store: SealedStore,
  signal?: AbortSignal,
): Promise<NamedStatement<PruneMarker>[]> {
  return listSealed(store, 'pruneMarker', 'prune/', decodePruneMarker, signal);
}

export function deletePruneMarker(
  { storage }: SealedStore,
  name: string,
  signal?: AbortSignal,
): Promise<void> {
  return storage.delete(name, { signal });
}
