import type { ObjectKind } from '../sealing/index.ts';

/** Types of contents in packs, as `docs/formats/repository.md` numbers them. */
export const pieceTypes = {
  rows: 1,
  rowTable: 2,
  recipe: 3,
  layout: 4,
  pages: 5,
  bundleFile: 6,
  bundleList: 7,
} as const;
export type PieceType = keyof typeof pieceTypes;

export type PackKind = Extract<ObjectKind, 'chunkPack' | 'tablePack' | 'bundlePack'>;

const kindOfType: Readonly<Record<PieceType, PackKind>> = {
  rows: 'chunkPack',
  rowTable: 'tablePack',
  recipe: 'tablePack',
  layout: 'tablePack',
  pages: 'chunkPack',
  bundleFile: 'bundlePack',
  bundleList: 'bundlePack',
};

/** In which kind of pack a type of content lies. */
export function packKindOf(type: PieceType): PackKind {
  return kindOfType[type];
}

const names = new Map<number, PieceType>(
  Object.entries(pieceTypes).map(([name, number]) => [number, name as PieceType]),
);

/** The type of this number, or undefined for one that is not known here. */
export function pieceTypeOf(number: number): PieceType | undefined {
  return names.get(number);
}

export const idBytes = 32;

/** One content in a pack. */
export interface PieceEntry {
  readonly type: PieceType;
  /** 32 bytes. */
  readonly id: Uint8Array;
  /** Where the piece is in the pack, and how long, tag included. */
  readonly offset: number;
  readonly pieceBytes: number;
  readonly contentBytes: number;
}
