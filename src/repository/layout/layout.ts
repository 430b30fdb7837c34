import { HoldfastError } from '../../base/index.ts';
import { ContentReader, ContentWriter } from '../encoding/index.ts';
import { idBytes } from '../pack/index.ts';
import { contentLimitBytes } from '../sealing/index.ts';

/** Pages of a bucket that are equally far from its leaves, in the order of their keys. */
export interface PageLevel {
  readonly ids: Uint32Array;
  /** Rows of a leaf, children of a branch. */
  readonly elements: Uint32Array;
  /** 1 for a page that is not as bbolt writes it, and lies among the others. */
  readonly kept: Uint8Array;
}

/** The pages of a bucket: leaves first, the top last. No level when all of them are kept, or none is its own. */
export type BucketLayout = readonly PageLevel[];

/** Where the rows of a database lie in its file, and what else is in the file. */
export interface Layout {
  readonly pageSize: number;
  /** Whole pages in the file, used or not. */
  readonly pageCount: number;
  /** What follows the last whole page: the digest of a snapshot. */
  readonly tail: Uint8Array;
  /** As many as the recipe has, in its order. */
  readonly buckets: readonly BucketLayout[];
  /** Ids of the chunks of all pages that are not written from rows. */
  readonly pageChunks: readonly Uint8Array[];
}

const pageSizeLimit = 16 << 20;
/** A number of 32 bits. */
const pageCountLimit = 2 ** 32;
const leastPageBytes = 2;
/** A page's header has 16 bits for it. */
const elementsLimit = 2 ** 16;

/** The content of a layout. Errors: BACKUP_NOT_EXACT when it is larger than a content may be. */
export function encodeLayout(layout: Layout): Uint8Array {
  const writer = new ContentWriter(1 << 16);
  writer.varint(layout.pageSize);
  writer.varint(layout.pageCount);
  writer.varint(layout.tail.length);
  writer.bytes(layout.tail);
  writer.varint(layout.buckets.length);
  for (const levels of layout.buckets) {
    writer.varint(levels.length);
    for (const level of levels) {
      encodeLevel(writer, level);
      if (writer.length > contentLimitBytes) throw tooLarge();
    }
  }
  writer.varint(layout.pageChunks.length);
  for (const id of layout.pageChunks) writer.bytes(id);
  if (writer.length > contentLimitBytes) throw tooLarge();
  return writer.finish();
}

function encodeLevel(writer: ContentWriter, { ids, elements, kept }: PageLevel): void {
  writer.varint(ids.length);
  let expected = 0;
  for (const id of ids) {
    const step = id - expected;
    writer.varint(step < 0 ? -2 * step - 1 : 2 * step);
    expected = id + 1;
  }
  for (let page = 0; page < ids.length; page++) writer.varint(elements[page]! * 2 + kept[page]!);
}

function tooLarge(): HoldfastError {
  return new HoldfastError(
    'BACKUP_NOT_EXACT',
    `the places of the pages take more than ${contentLimitBytes >> 20} MiB`,
    { hint: 'Make the backup without --exact: it has the same rows.' },
  );
}

/** Decodes a layout; tail and ids are views. Errors: REPOSITORY_DAMAGED. */
export function decodeLayout(content: Uint8Array, what: string): Layout {
  const reader = new ContentReader(content, what);
  const pageSize = reader.varint();
  const pageCount = reader.varint();
  if (pageSize < 1 || pageSize > pageSizeLimit || pageCount > pageCountLimit)
    throw reader.malformed(`claims ${pageCount} pages of ${pageSize} bytes`);
  const tail = reader.bytes(reader.varint());
  const buckets: BucketLayout[] = [];
  for (let left = reader.count(1); left > 0; left--) {
    const levels: PageLevel[] = [];
    for (let more = reader.count(1); more > 0; more--) levels.push(decodeLevel(reader, pageCount));
    levels.forEach((level, at) => {
      const above = at + 1 < levels.length ? sumOf(levels[at + 1]!.elements) : 1;
      if (level.ids.length !== above) throw reader.malformed('has a level that the one above does not fit');
    });
    buckets.push(levels);
  }
  const pageChunks: Uint8Array[] = [];
  for (let left = reader.count(idBytes); left > 0; left--) pageChunks.push(reader.bytes(idBytes));
  reader.end();
  return { pageSize, pageCount, tail, buckets, pageChunks };
}

function decodeLevel(reader: ContentReader, pageCount: number): PageLevel {
  const count = reader.count(leastPageBytes);
  const ids = new Uint32Array(count);
  const elements = new Uint32Array(count);
  const kept = new Uint8Array(count);
  let expected = 0;
  for (let page = 0; page < count; page++) {
    const step = reader.varint();
    const id = expected + (step % 2 === 0 ? step / 2 : -(step + 1) / 2);
    if (id < 0 || id >= pageCount) throw reader.malformed(`names page ${id} of ${pageCount}`);
    ids[page] = id;
    expected = id + 1;
  }
  for (let page = 0; page < count; page++) {
    const number = reader.varint();
    if (number >= elementsLimit * 2) throw reader.malformed('a page has too many elements');
    elements[page] = Math.floor(number / 2);
    kept[page] = number % 2;
  }
  return { ids, elements, kept };
}

function sumOf(numbers: Uint32Array): number {
  let sum = 0;
  for (const number of numbers) sum += number;
  return sum;
}
