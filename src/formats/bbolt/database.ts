/**
 * A bbolt database opened for reading, whatever wrote it: a snapshot with its trailer, or a bare `member/snap/db`.
 * Nothing is read but what is asked for; nothing is ever written.
 */
import { type ByteSource, type HoldfastError, utf8 } from '../../base/index.ts';
import { type Bucket, openBucket, rootBucket, showName } from './bucket.ts';
import { type Meta, type MetaPages, readMetas } from './meta.ts';
import { corrupt } from './page.ts';
import { createPageReader, type PageReader } from './page-reader.ts';

export interface Database {
  readonly source: ByteSource;
  readonly pageSize: number;
  readonly meta: Meta;
  /** Both meta pages as found, for checks. */
  readonly metaPages: MetaPages['pages'];
  /** Page access for tools that look below buckets. */
  readonly pages: PageReader;
  /** The root buckets in byte order of their names. Throws DATABASE_CORRUPT while iterating, also on a plain key. */
  buckets(): Iterable<Bucket>;
  /** The root bucket of this name, or undefined. */
  bucket(name: string | Uint8Array): Bucket | undefined;
}

function notABucket(name: Uint8Array): HoldfastError {
  const bucket = showName(name);
  return corrupt('bucket-header', `${bucket}: a plain key where only buckets can be`, { bucket });
}

/**
 * Opens a database over a source that the caller owns and closes.
 *
 * Errors: NOT_A_DATABASE (no valid meta page), DATABASE_CORRUPT (no bucket can be where the meta points).
 */
export function openDatabase(source: ByteSource): Database {
  const { live: meta, pages: metaPages } = readMetas(source);
  if (meta.pageCount < 3 || meta.rootId < 2 || meta.rootId >= meta.pageCount) {
    throw corrupt('page-out-of-range', `${source.name}: the meta page points outside the file`, {
      page: meta.rootId,
    });
  }
  const pages = createPageReader(source, meta);
  const root = rootBucket(pages);
  return {
    source,
    pageSize: meta.pageSize,
    meta,
    metaPages,
    pages,
    *buckets() {
      for (const { key, value, isBucket } of root.entries()) {
        if (!isBucket) throw notABucket(key);
        yield openBucket(pages, key, value);
      }
    },
    bucket(name) {
      const bucket = root.bucket(name);
      if (bucket !== undefined) return bucket;
      const key = typeof name === 'string' ? utf8(name) : name;
      if (root.get(key) !== undefined) throw notABucket(key);
      return undefined;
    },
  };
}
