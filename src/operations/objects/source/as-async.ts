/** What is at hand, as an async iterable; what goes wrong rejects. */
export function asAsync<T>(items: Iterable<T>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = items[Symbol.iterator]();
      return {
        next: () => asPromise(() => iterator.next() as IteratorResult<T, undefined>),
        return: () =>
          asPromise(() => {
            iterator.return?.();
            return { done: true, value: undefined };
          }),
      };
    },
  };
}

/** The outcome of a computation as a promise. */
export function asPromise<T>(compute: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(compute());
  });
}
