/** Floor 0: what everything else stands on. Knows no other folder. */
export * from './bytes/index.ts';
export * from './checksum/index.ts';
export * from './collections/index.ts';
export * from './durable/index.ts';
export * from './duration/index.ts';
export * from './errors/index.ts';
export * from './flow/index.ts';
export * from './progress/index.ts';
export * from './sha256/index.ts';
