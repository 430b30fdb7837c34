/** What became of one object, revision by revision. */
export type { FieldManager } from './changed-by.ts';
export {
  type ObjectHistory,
  objectHistory,
  type ObjectHistoryOptions,
  type ObjectRevision,
} from './object-history.ts';
