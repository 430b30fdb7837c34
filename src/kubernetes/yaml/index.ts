export type { Located } from './located.ts';
