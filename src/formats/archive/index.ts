/** What backups are packed in: told apart by their first bytes; zip, tar and LZW, as far as node:zlib does not know them. */
export { archiveNameFault } from './archive-name.ts';
export { type ContentKind, contentKind, recognisableBytes } from './content-kind.ts';
export { LzwDecoder } from './lzw.ts';
export { decodeTarHeader, paxPath, tarBlockBytes, type TarHeader, text as tarText } from './tar-header.ts';
export { readZipDirectory, type ZipEntry, zipContentOffset } from './zip-directory.ts';
