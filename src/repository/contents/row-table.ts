import { ContentReader, ContentWriter } from '../encoding/index.ts';
import { unknownFormat } from '../failures.ts';
import { rowDigestBytes } from '../keys/index.ts';
import { decodeRowHeads, encodeRowHeads } from './row-heads.ts';
import { type Row, type RowHead, rowHeads } from './row.ts';
import { rowForms } from './rows.ts';

/** Revisions, sizes and digests of a chunk's rows: what a writer needs to know of them. */
export interface RowTable {
  readonly heads: readonly RowHead[];
  /** `rowDigestBytes` each, one after another. */
  readonly digests: Uint8Array;
}

/**
 * The content of the table of a chunk; undefined for a chunk that has none because its keys are not revisions.
 * @param digests `rowDigestBytes` of each row, one after another
 */
export function encodeRowTable(rows: readonly Row[], digests: Uint8Array): Uint8Array | undefined {
  const heads = rowHeads(rows);
  if (heads === undefined) return undefined;
  if (digests.length !== heads.length * rowDigestBytes) throw new RangeError('a digest for each row');
  const writer = new ContentWriter(rows.length * (rowDigestBytes + 6) + 16);
  writer.byte(rowForms.revisions);
  encodeRowHeads(writer, heads);
  writer.bytes(digests);
  return writer.finish();
}

/** Decodes a table; the digests are a view. Errors: REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN. */
export function decodeRowTable(content: Uint8Array, what: string): RowTable {
  const reader = new ContentReader(content, what);
  const form = reader.byte();
  if (form !== rowForms.revisions)
    throw unknownFormat(what, `is a row table of a form (${form}) not known here`);
  const heads = decodeRowHeads(reader);
  const digests = reader.bytes(heads.length * rowDigestBytes);
  reader.end();
  return { heads, digests };
}
