/** Numbers and bytes of contents. */
export { canonicalJson, type JsonValue } from './canonical-json.ts';
export { ContentReader } from './content-reader.ts';
export { ContentWriter } from './content-writer.ts';
