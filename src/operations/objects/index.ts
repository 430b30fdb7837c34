/** Kubernetes objects inside snapshots, data dirs and live etcds, nothing booted. */
export * from './columns/index.ts';
export * from './decode/index.ts';
export * from './diff/index.ts';
export {
  type ExtractedObject,
  extractedFileName,
  extractObjects,
  type ExtractObjectsOptions,
  type ExtractResult,
  openExtractDirectory,
} from './extract/index.ts';
export {
  changeMember,
  compareValues,
  concealSecrets,
  type FieldChange,
  type FieldPath,
  formatFieldPath,
  isJsonObject,
  isNoisyResource,
  isSame,
  type NoiseRules,
  without,
  withoutNoise,
} from './fields/index.ts';
export * from './get/index.ts';
export * from './history/index.ts';
export * from './impact/index.ts';
export * from './inspect/index.ts';
export * from './list/index.ts';
export * from './restore/index.ts';
export * from './select/index.ts';
export * from './source/index.ts';
export * from './stats/index.ts';
