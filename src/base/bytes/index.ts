export { type ByteSource, memorySource } from './byte-source.ts';
export { compareBytes, equalBytes } from './compare.ts';
export { prefixEnd } from './prefix-end.ts';
export {
  displayText,
  formatBase64,
  formatHex,
  parseHex,
  readUint64BigEndian,
  uint64BigEndian,
  utf8,
} from './text.ts';
export { WireReader, type WireType, WireWriter } from './wire.ts';
