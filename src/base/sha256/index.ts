/** SHA-256 of much, on a thread of its own where that pays. */
export { hashFile, type HashFileOptions, sha256OfFile } from './hash-file.ts';
export type { FileDigests } from './hash-file-steps.ts';
export { type Sha256, startSha256 } from './sha256.ts';
