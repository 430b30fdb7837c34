import type { Storage } from '../storage.ts';

/** The same store; its requests end with the signal unless they bring one of their own. */
export function interruptible(storage: Storage, signal: AbortSignal): Storage {
  return {
    location: storage.location,
    get capabilities() {
      return storage.capabilities;
    },
    putIfAbsent: (name, content, options) => storage.putIfAbsent(name, content, { signal, ...options }),
    get: (name, options) => storage.get(name, { signal, ...options }),
    stat: (name, options) => storage.stat(name, { signal, ...options }),
    list: (prefix, options) => storage.list(prefix, { signal, ...options }),
    delete: (name, options) => storage.delete(name, { signal, ...options }),
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  };
}
