/** Files opened through whatever they are packed in, as streams. */
export type { ByteStream } from './byte-stream.ts';
export { listBundle } from './list-bundle.ts';
export { openContent, type OpenContent } from './open-content.ts';
export type { UnpackRun } from './unpack-run.ts';
