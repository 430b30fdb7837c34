/** Objects as files that can be applied again. */
export {
  type ExtractedObject,
  extractObjects,
  type ExtractObjectsOptions,
  type ExtractResult,
} from './extract-objects.ts';
export { openExtractDirectory } from './extract-directory.ts';
export { extractedFileName } from './file-name.ts';
export { applyRank } from './apply-order.ts';
export { type OrderedKey, orderedKeys, readWhole } from './ordered-keys.ts';
export { controllerAnnotations, jobLabels, stripObject } from './strip-object.ts';
