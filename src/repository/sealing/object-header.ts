import { damaged, unknownFormat } from '../failures.ts';

/** Kinds of sealed objects, as `docs/formats/repository.md` numbers them. */
export const objectKinds = {
  chunkPack: 1,
  tablePack: 2,
  bundlePack: 3,
  index: 4,
  record: 5,
  session: 6,
  pruneMarker: 7,
  tombstone: 8,
  pin: 9,
  result: 10,
} as const;
export type ObjectKind = keyof typeof objectKinds;

/** Which of the repository's keys an object is sealed with. */
export const sealingKeys = { control: 1, content: 2, bundle: 3 } as const;
export type SealingKey = keyof typeof sealingKeys;

/** The key that belongs to a kind; there is no choice. */
export function sealingKeyOf(kind: ObjectKind): SealingKey {
  if (kind === 'chunkPack') return 'content';
  return kind === 'bundlePack' ? 'bundle' : 'control';
}

export interface ObjectHeader {
  readonly kind: ObjectKind;
  readonly generation: number;
  /** 32 bytes: random, or the public half of the pair that was made for the object. */
  readonly salt: Uint8Array;
}

export const headerBytes = 40;
/** The part of the header before the salt. */
export const headerStartBytes = 8;
const magic = 0x31524648; // HFR1

export function encodeHeader({ kind, generation, salt }: ObjectHeader): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  bytes[4] = objectKinds[kind];
  bytes[5] = sealingKeys[sealingKeyOf(kind)];
  view.setUint16(6, generation, true);
  bytes.set(salt, headerStartBytes);
  return bytes;
}

/**
 * Decodes the first bytes of an object that should be of this kind; the salt is a view.
 * Errors: REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN.
 */
export function decodeHeader(bytes: Uint8Array, kind: ObjectKind, what: string): ObjectHeader {
  if (bytes.length < headerBytes) throw damaged(what, `has only ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found = view.getUint32(0, true);
  // Another digit in the place of the 1 is another version.
  if (found !== magic && (found & 0xffffff) === (magic & 0xffffff))
    throw unknownFormat(what, 'was written in a newer format');
  if (found !== magic) throw damaged(what, 'is not an object of a repository');
  if (bytes[4] !== objectKinds[kind] || bytes[5] !== sealingKeys[sealingKeyOf(kind)])
    throw damaged(what, `is of kind ${bytes[4]} with key ${bytes[5]}, which does not belong here`);
  const generation = view.getUint16(6, true);
  if (generation === 0) throw damaged(what, 'has no generation of keys');
  return { kind, generation, salt: bytes.subarray(headerStartBytes, headerBytes) };
}
