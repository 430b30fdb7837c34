import type { RepositoryKeys } from '../keys/index.ts';
import { decodeHeader, headerBytes, type ObjectKind } from './object-header.ts';
import { createObjectKey, findObjectKey } from './object-key.ts';
import { openPiece, sealPiece } from './piece.ts';

/** An object that holds one content: everything but packs. */
export interface SealedObject {
  readonly kind: Exclude<ObjectKind, 'chunkPack' | 'tablePack' | 'bundlePack'>;
  /** Its whole name in the store; for an index segment, whose name follows from its bytes, `index/`. */
  readonly name: string;
}

const nothing = new Uint8Array(0);

/** Seals a content as an object: its header and one piece. */
export async function sealObject(
  keys: RepositoryKeys,
  { kind, name }: SealedObject,
  content: Uint8Array,
): Promise<Uint8Array> {
  const { header, key } = createObjectKey(keys, kind, name);
  const piece = await sealPiece(key, headerBytes, content, nothing);
  return Buffer.concat([header, piece]);
}

/**
 * Opens an object that should be of this kind and name.
 * @param what how messages call it; default its name
 * Errors: REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN.
 */
export function openObject(
  keys: RepositoryKeys,
  { kind, name }: SealedObject,
  bytes: Uint8Array,
  what = name,
): Uint8Array {
  const header = decodeHeader(bytes, kind, what);
  const key = findObjectKey(keys, header, name, what);
  return openPiece(key, headerBytes, bytes.subarray(headerBytes), nothing, what);
}
