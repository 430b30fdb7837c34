/** bbolt files: read, check, build, patch. Bytes in, values out. */
export { type Bucket, type Entry, showName } from './bucket.ts';
export {
  type BucketInput,
  type BucketWriter,
  type BuildItem,
  type BuildOptions,
  createDatabaseBuilder,
  type DatabaseBuilder,
  defaultPageSize,
} from './build.ts';
export { checkDatabase } from './check.ts';
export { freelistFindings } from './check-freelist.ts';
export { checkMetaPages } from './check-metas.ts';
export { type Database, openDatabase } from './database.ts';
export { type ChildRef, encodeBranch, encodeLeaf } from './encode-page.ts';
export { type KeyBounds, type LeafRun, mayOverflow, type RowVisitor, scanLeaf } from './leaf-scan.ts';
export { type InvalidMeta, isValidMeta, type Meta } from './meta.ts';
export { type BucketOutline, boundStart, type Outline, outlineDatabase } from './outline.ts';
export { branchElement, type LeafElement, pageFlags, type StructureFault } from './page.ts';
export { type BucketEdits, type PageWrite, type PatchPlan, planPatch } from './patch.ts';
export {
  type ItemSizes,
  planDatabaseSteps,
  type StreamBucket,
  streamDatabase,
  type StreamPlan,
} from './stream-database.ts';
export { requireWholeFile } from './whole-file.ts';
