/** bbolt files: read, check, build, patch. Bytes in, values out. */
export { type Bucket, type Entry, showName } from './bucket.ts';
export { type Database, openDatabase } from './database.ts';
export { type InvalidMeta, isValidMeta, type Meta } from './meta.ts';
