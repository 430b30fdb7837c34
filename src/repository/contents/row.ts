import {
  compareRevisions,
  decodeRevision,
  isRevisionKeyAt,
  type Revision,
} from '../../formats/mvcc/index.ts';

/** A row of a bucket: key and value as they lie in the database. */
export interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** A row's key and its value's size as numbers, for rows of the bucket `key`. */
export interface RowHead extends Revision {
  readonly valueBytes: number;
}

/** The heads of rows whose keys are revisions in ascending order; undefined when one is not. */
export function rowHeads(rows: readonly Row[]): readonly RowHead[] | undefined {
  const heads: RowHead[] = [];
  for (const { key, value } of rows) {
    if (!isRevisionKeyAt(key, 0, key.length)) return undefined;
    const head = { ...decodeRevision(key), valueBytes: value.length };
    const before = heads.at(-1);
    if (before !== undefined && compareRevisions(before, head) >= 0) return undefined;
    heads.push(head);
  }
  return heads;
}
