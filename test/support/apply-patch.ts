import { memorySource } from '../../src/base/index.ts';
import { type BucketEdits, openDatabase, planPatch } from '../../src/formats/bbolt/index.ts';

/** A file in memory after edits were committed into it through the patcher. */
export function patchedBytes(bytes: Uint8Array, edits: readonly BucketEdits[]): Uint8Array {
  const { pages, meta, sizeBytes } = planPatch(openDatabase(memorySource(bytes)), edits);
  const result = new Uint8Array(Math.max(bytes.length, sizeBytes));
  result.set(bytes);
  for (const { bytes: page, offset } of [...pages, meta]) result.set(page, offset);
  return result;
}
