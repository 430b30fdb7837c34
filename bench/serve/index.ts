/** `serve` beside the real etcd. */
export { compareLoads } from './load.ts';
export { compareOpenings } from './open.ts';
export type { ServeCaseOptions } from './serve-case.ts';
