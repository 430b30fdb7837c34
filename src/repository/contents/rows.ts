import { encodeRevision } from '../../formats/mvcc/index.ts';
import { ContentReader, ContentWriter } from '../encoding/index.ts';
import { unknownFormat } from '../failures.ts';
import { decodeRowHeads, encodeRowHeads } from './row-heads.ts';
import { type Row, rowHeads } from './row.ts';

/** How the keys of a chunk are written. */
export const rowForms = { revisions: 1, anyKeys: 2 } as const;

/** The content of a chunk of rows, at least one. */
export function encodeRows(rows: readonly Row[]): Uint8Array {
  if (rows.length === 0) throw new RangeError('a chunk without rows');
  const valueBytes = rows.reduce((sum, { value }) => sum + value.length, 0);
  const writer = new ContentWriter(valueBytes + rows.length * 24 + 16);
  const heads = rowHeads(rows);
  if (heads !== undefined) {
    writer.byte(rowForms.revisions);
    encodeRowHeads(writer, heads);
  } else {
    writer.byte(rowForms.anyKeys);
    encodeKeys(writer, rows);
  }
  for (const { value } of rows) writer.bytes(value);
  return writer.finish();
}

function encodeKeys(writer: ContentWriter, rows: readonly Row[]): void {
  writer.varint(rows.length);
  for (const { key, value } of rows) {
    writer.varint(key.length);
    writer.bytes(key);
    writer.varint(value.length);
  }
}

/** Decodes a chunk; values are views of the content. Errors: REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN. */
export function decodeRows(content: Uint8Array, what: string): Row[] {
  const reader = new ContentReader(content, what);
  const keys = decodeKeys(reader, what);
  const rows = keys.map(({ key, valueBytes }) => ({ key, value: reader.bytes(valueBytes) }));
  if (rows.length === 0) throw reader.malformed('a chunk without rows');
  reader.end();
  return rows;
}

function decodeKeys(reader: ContentReader, what: string): { key: Uint8Array; valueBytes: number }[] {
  const form = reader.byte();
  if (form === rowForms.revisions)
    return decodeRowHeads(reader).map((head) => ({ key: encodeRevision(head), valueBytes: head.valueBytes }));
  if (form !== rowForms.anyKeys) throw unknownFormat(what, `has rows of a form (${form}) not known here`);
  const keys: { key: Uint8Array; valueBytes: number }[] = [];
  for (let left = reader.count(2); left > 0; left--)
    keys.push({ key: reader.bytes(reader.varint()), valueBytes: reader.varint() });
  return keys;
}
