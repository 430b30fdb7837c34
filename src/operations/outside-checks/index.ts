/** Whether a running etcd holds what a store holds, asked from outside as any client would. */
export { compareHash } from './compare-hash.ts';
export { countKeys } from './count-keys.ts';
export { type Expectation, readExpectation } from './expectation.ts';
