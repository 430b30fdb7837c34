/** Where objects come from: snapshots, databases, data dirs and live etcds, behind one interface. */
export type {
  ObjectSource,
  SourceEntry,
  SourceKey,
  SourceRevision,
  SourceRow,
} from './object-source.ts';
export { openObjectSource, type ObjectSourceOptions } from './open-object-source.ts';
