/** Objects as files that can be applied again. */
export {
  type ExtractedObject,
  extractObjects,
  type ExtractObjectsOptions,
  type ExtractResult,
} from './extract-objects.ts';
export { openExtractDirectory } from './extract-directory.ts';
export { extractedFileName } from './file-name.ts';
