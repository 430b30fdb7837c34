import { revisionKeyBytes } from '../../formats/mvcc/index.ts';
import { ContentReader } from '../encoding/index.ts';
import { unknownFormat } from '../failures.ts';
import { rowDigestBytes } from '../keys/index.ts';
import { rowForms } from './rows.ts';

const leastHeadBytes = 3;

/** Heads of rows in columns: no object for a row. Halves of numbers are 32 bits, high before low. */
export interface RowColumns {
  readonly count: number;
  /** Four for each row: main and sub. */
  readonly revisions: Uint32Array;
  /** Sizes of values times 2, plus 1 for a tombstone. */
  readonly sizes: Float64Array;
}

/** Columns of a row table, with the digests, a view. Errors: REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN. */
export interface TableColumns extends RowColumns {
  readonly digests: Uint8Array;
}

export function decodeTableColumns(content: Uint8Array, what: string): TableColumns {
  const reader = new ContentReader(content, what);
  const form = reader.byte();
  if (form !== rowForms.revisions)
    throw unknownFormat(what, `is a row table of a form (${form}) not known here`);
  const columns = readRowColumns(reader);
  const digests = reader.bytes(columns.count * rowDigestBytes);
  reader.end();
  return { ...columns, digests };
}

/** Reads the heads of rows in ascending order. */
export function readRowColumns(reader: ContentReader): RowColumns {
  const count = reader.count(leastHeadBytes);
  const revisions = new Uint32Array(count * 4);
  const sizes = new Float64Array(count);
  let [high, low] = [0, 0];
  for (let row = 0; row < count; row++) {
    const at = row * 4;
    reader.varintHalves(revisions, at);
    reader.varintHalves(revisions, at + 2);
    sizes[row] = reader.varint();
    const [stepHigh, stepLow] = [revisions[at]!, revisions[at + 1]!];
    const isSame = row > 0 && stepHigh === 0 && stepLow === 0;
    if (isSame && compareHalves(revisions, at - 2, revisions, at + 2) >= 0)
      throw reader.malformed('revisions do not ascend');
    const sumLow = low + stepLow;
    low = sumLow >>> 0;
    high += stepHigh + (sumLow > 0xffff_ffff ? 1 : 0);
    if (high > 0x7fff_ffff || revisions[at + 2]! > 0x7fff_ffff)
      throw reader.malformed('a revision is too large');
    revisions[at] = high;
    revisions[at + 1] = low;
  }
  return { count, revisions, sizes };
}

function compareHalves(a: Uint32Array, aAt: number, b: Uint32Array, bAt: number): number {
  return a[aAt]! - b[bAt]! || a[aAt + 1]! - b[bAt + 1]!;
}

/** Bytes of the value of a row. */
export function valueBytesOf({ sizes }: RowColumns, row: number): number {
  return Math.floor(sizes[row]! / 2);
}

/** Bytes of the key of a row. */
export function keyBytesOf({ sizes }: RowColumns, row: number): number {
  return revisionKeyBytes + (sizes[row]! % 2);
}

/** Writes the key of a row as it lies in the database; returns it. */
export function revisionKeyOf(columns: RowColumns, row: number): Uint8Array {
  const key = new Uint8Array(keyBytesOf(columns, row));
  const view = new DataView(key.buffer);
  const at = row * 4;
  view.setUint32(0, columns.revisions[at]!);
  view.setUint32(4, columns.revisions[at + 1]!);
  key[8] = 0x5f;
  view.setUint32(9, columns.revisions[at + 2]!);
  view.setUint32(13, columns.revisions[at + 3]!);
  if (key.length > revisionKeyBytes) key[revisionKeyBytes] = 0x74;
  return key;
}
