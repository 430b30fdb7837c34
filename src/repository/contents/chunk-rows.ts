import { ContentReader } from '../encoding/index.ts';
import { unknownFormat } from '../failures.ts';
import { readRowColumns, revisionKeyOf, valueBytesOf } from './row-columns.ts';
import { rowForms } from './rows.ts';

/** The rows of a chunk by their positions; keys are fresh or views, values are views of the content. */
export interface ChunkRows {
  readonly count: number;
  key(row: number): Uint8Array;
  value(row: number): Uint8Array;
}

/** Opens a chunk's content for reading rows here and there. Errors: REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN. */
export function openChunkRows(content: Uint8Array, what: string): ChunkRows {
  const reader = new ContentReader(content, what);
  const form = reader.byte();
  if (form !== rowForms.revisions && form !== rowForms.anyKeys)
    throw unknownFormat(what, `has rows of a form (${form}) not known here`);
  const rows = form === rowForms.revisions ? revisionRows(reader) : anyRows(reader);
  if (rows.count === 0) throw reader.malformed('a chunk without rows');
  const ends = new Uint32Array(rows.count);
  const start = reader.offset;
  let end = start;
  for (let row = 0; row < rows.count; row++) {
    end += rows.valueBytes(row);
    ends[row] = Math.min(end, content.length);
  }
  if (end !== content.length)
    throw reader.malformed(`has ${content.length - start} bytes of values, not ${end - start}`);
  return {
    count: rows.count,
    key: rows.key,
    value: (row) => content.subarray(row === 0 ? start : ends[row - 1]!, ends[row]),
  };
}

interface RowKeys {
  readonly count: number;
  readonly key: (row: number) => Uint8Array;
  readonly valueBytes: (row: number) => number;
}

function revisionRows(reader: ContentReader): RowKeys {
  const columns = readRowColumns(reader);
  return {
    count: columns.count,
    key: (row) => revisionKeyOf(columns, row),
    valueBytes: (row) => valueBytesOf(columns, row),
  };
}

function anyRows(reader: ContentReader): RowKeys {
  const keys: Uint8Array[] = [];
  const sizes: number[] = [];
  for (let left = reader.count(2); left > 0; left--) {
    keys.push(reader.bytes(reader.varint()));
    sizes.push(reader.varint());
  }
  return { count: keys.length, key: (row) => keys[row]!, valueBytes: (row) => sizes[row]! };
}
