/** What can be put around a store. */
export {
  type Fault,
  type FaultPlan,
  faultyStorage,
  type StorageAction,
} from './faulty-storage.ts';
export { type RateLimits, rateLimitedStorage } from './rate-limited-storage.ts';
export { readOnlyStorage } from './read-only-storage.ts';
export { type RetryOptions, retryingStorage } from './retrying-storage.ts';
