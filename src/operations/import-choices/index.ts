/** What may be asked of an import: apart from what does it, since the command line needs it at every start. */
export { defaultMaxUnpackedBytes, type ImportFormat, importFormats } from './import-choices.ts';
