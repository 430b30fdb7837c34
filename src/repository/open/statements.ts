import {
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
  type Tombstone,
  type VerificationResult,
} from '../records/index.ts';
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
  await putSealed(store, { kind: 'tombstone', name }, encodeTombstone(tombstone), signal);
}

/** Names are `forgotten/<id>`. One that cannot be read counts. */
export function listTombstones(
  store: SealedStore,
  signal?: AbortSignal,
): Promise<NamedStatement<Tombstone>[]> {
  return listSealed(store, 'tombstone', 'forgotten/', decodeTombstone, signal);
}

export function putPin(store: SealedStore, id: string, pin: Pin, signal?: AbortSignal): Promise<void> {
  return putSealed(store, { kind: 'pin', name: `pins/${id}` }, encodePin(pin), signal);
}

/** Names are `pins/<id>`. One that cannot be read counts. */
export function listPins(store: SealedStore, signal?: AbortSignal): Promise<NamedStatement<Pin>[]> {
  return listSealed(store, 'pin', 'pins/', decodePin, signal);
}

export function deletePin({ storage }: SealedStore, id: string, signal?: AbortSignal): Promise<void> {
  return storage.delete(`pins/${id}`, { signal });
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
