/** What differs between the objects of two sources. */
export {
  diffObjects,
  type DiffObjectsOptions,
  type DiffSide,
  type DiffSummary,
  type ObjectDifference,
} from './diff-objects.ts';
export { unifiedLines } from './unified-lines.ts';
