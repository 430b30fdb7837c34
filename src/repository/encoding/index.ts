/** Numbers, bytes and fields of contents. */
export { canonicalJson, type JsonValue } from './canonical-json.ts';
export { ContentReader } from './content-reader.ts';
export { ContentWriter } from './content-writer.ts';
export {
  base64Bytes,
  type JsonObject,
  listField,
  numberField,
  objectField,
  parseVersioned,
  plainObjectLimitBytes,
  textField,
  without,
} from './json-fields.ts';
