import { HoldfastError } from '../../base/index.ts';
import type { Storage } from '../storage.ts';

/** A store in which nothing can be changed. Puts and deletes are refused with STORAGE_READ_ONLY. */
export function readOnlyStorage(storage: Storage): Storage {
  const refuse = (action: string) =>
    Promise.reject(
      new HoldfastError(
        'STORAGE_READ_ONLY',
        `${action} at ${storage.location}: it was opened for reading only`,
      ),
    );
  return {
    location: storage.location,
    capabilities: storage.capabilities,
    putIfAbsent: (name) => refuse(`put ${name}`),
    get: (name, options) => storage.get(name, options),
    stat: (name, options) => storage.stat(name, options),
    list: (prefix, options) => storage.list(prefix, options),
    delete: (name) => refuse(`delete ${name}`),
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  };
}
