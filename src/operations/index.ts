/** Floor 4: what a user wants done, each a function of options and a context. */
export * from './backup/index.ts';
export * from './data-dir-files/index.ts';
export * from './disarm/index.ts';
export * from './discover/index.ts';
export * from './drill/index.ts';
export * from './hashkv/index.ts';
export * from './keys/index.ts';
export * from './ledger/index.ts';
export * from './objects/index.ts';
export * from './recover/index.ts';
export * from './restore/index.ts';
export * from './save/index.ts';
export * from './serve/index.ts';
export * from './status/index.ts';
export * from './survey/index.ts';
export * from './verify/index.ts';
