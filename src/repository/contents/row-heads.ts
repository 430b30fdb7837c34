import type { ContentReader, ContentWriter } from '../encoding/index.ts';
import type { RowHead } from './row.ts';

/** The largest number that a half of a revision can be. */
const maximumPart = 2n ** 63n - 1n;
const leastHeadBytes = 3;

/** Writes how many there are, and three numbers each. */
export function encodeRowHeads(writer: ContentWriter, heads: readonly RowHead[]): void {
  writer.varint(heads.length);
  let before = 0n;
  for (const { main, sub, tombstone, valueBytes } of heads) {
    writer.varint64(main - before);
    writer.varint64(sub);
    writer.varint(valueBytes * 2 + (tombstone ? 1 : 0));
    before = main;
  }
}

/** Reads them; they ascend. Errors: REPOSITORY_DAMAGED. */
export function decodeRowHeads(reader: ContentReader): RowHead[] {
  const heads: RowHead[] = [];
  let main = 0n;
  for (let left = reader.count(leastHeadBytes); left > 0; left--) {
    const step = reader.varint64();
    const sub = reader.varint64();
    const size = reader.varint();
    main += step;
    if (main > maximumPart || sub > maximumPart) throw reader.malformed('a revision is too large');
    const before = heads.at(-1);
    if (before !== undefined && step === 0n && sub <= before.sub)
      throw reader.malformed('revisions do not ascend');
    heads.push({ main, sub, tombstone: size % 2 === 1, valueBytes: Math.floor(size / 2) });
  }
  return heads;
}
