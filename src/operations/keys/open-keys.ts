import type { OperationContext } from '../../base/index.ts';
import type { KeyRange } from '../../formats/mvcc/index.ts';
import { type ObjectSource, type ObjectSourceOptions, openObjectSource } from '../objects/source/index.ts';

/** Where keys come from: a snapshot, a database, a data dir or a live etcd, at one revision. */
export type KeysOptions = Omit<ObjectSourceOptions, 'prefix'>;

/** One key, or with a range end all from the key on and below the end, as in etcd's requests. */
export interface KeySelection {
  /** A single zero byte with a range end means the first key that there is. */
  readonly key: Uint8Array;
  /** A single zero byte means no end. */
  readonly rangeEnd?: Uint8Array;
}

/** Opens a source for its keys. Dispose it. Errors: those of `openObjectSource`. */
export function openKeys(options: KeysOptions, ctx: OperationContext): Promise<ObjectSource> {
  // Whose keys these are does not matter here: with a prefix given, none is looked for.
  return openObjectSource({ ...options, prefix: '/' }, ctx);
}

/** The half-open range of a selection. */
export function rangeOf({ key, rangeEnd }: KeySelection): KeyRange {
  if (rangeEnd === undefined || rangeEnd.length === 0) return { from: key, to: justAbove(key) };
  return isZeroByte(rangeEnd) ? { from: key } : { from: key, to: rangeEnd };
}

function isZeroByte(bytes: Uint8Array): boolean {
  return bytes.length === 1 && bytes[0] === 0;
}

function justAbove(key: Uint8Array): Uint8Array {
  const above = new Uint8Array(key.length + 1);
  above.set(key);
  return above;
}
