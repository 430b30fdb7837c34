import { watch } from 'node:fs';
import { readdir } from 'node:fs/promises';

/** Every name that was ever in a directory while it was watched, however short. Disposing stops watching. */
export interface NameWatch extends Disposable {
  seen(): Promise<readonly string[]>;
}

/** The kernel tells of each name that appears; what is there at the beginning and in the end counts, too. */
export async function watchNames(directory: string): Promise<NameWatch> {
  const names = new Set<string>();
  const watcher = watch(directory, (_, name) => {
    if (name !== null) names.add(name);
  });
  const look = async () => {
    for (const name of await readdir(directory)) names.add(name);
  };
  await look();
  return {
    async seen() {
      await look();
      return [...names].sort();
    },
    [Symbol.dispose]: () => watcher.close(),
  };
}
