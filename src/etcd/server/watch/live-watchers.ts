import { formatHex } from '../../../base/index.ts';
import type { StoreCommit, StoreEvent } from '../store/index.ts';
import { isInRange, type WatchRange } from './watch-range.ts';

interface Group<W> {
  readonly range: WatchRange;
  readonly watchers: Set<W>;
}

/**
 * Who wants to know of a commit. Watches of one key are found by the key; ranges are tried one by one, but equal ones
 * only once: thousands of watches cost a commit no more than what they differ in.
 */
export class LiveWatchers<W extends WatchRange> {
  readonly #byKey = new Map<string, Group<W>>();
  readonly #byRange = new Map<string, Group<W>>();

  add(watcher: W): void {
    const groups = this.#groupsOf(watcher);
    const name = nameOf(watcher);
    const group = groups.get(name) ?? { range: watcher, watchers: new Set<W>() };
    groups.set(name, group);
    group.watchers.add(watcher);
  }

  remove(watcher: W): void {
    const groups = this.#groupsOf(watcher);
    const name = nameOf(watcher);
    const group = groups.get(name);
    group?.watchers.delete(watcher);
    if (group?.watchers.size === 0) groups.delete(name);
  }

  /** Each watcher that a commit is about, with the events in its range. */
  *concernedBy(commit: StoreCommit): Generator<readonly [W, readonly StoreEvent[]]> {
    const byKey = new Map<Group<W>, StoreEvent[]>();
    for (const event of commit.events) {
      const group = this.#byKey.get(keyText(event.kv.key));
      if (group === undefined) continue;
      const events = byKey.get(group);
      if (events === undefined) byKey.set(group, [event]);
      else events.push(event);
    }
    // Whoever is told may stop being live: the groups are walked as they were.
    for (const [group, events] of byKey) for (const watcher of [...group.watchers]) yield [watcher, events];
    for (const group of [...this.#byRange.values()]) {
      const events = commit.events.filter(({ kv }) => isInRange(group.range, kv.key));
      if (events.length > 0) for (const watcher of [...group.watchers]) yield [watcher, events];
    }
  }

  #groupsOf(range: WatchRange): Map<string, Group<W>> {
    return range.rangeEnd === undefined ? this.#byKey : this.#byRange;
  }
}

function nameOf({ key, rangeEnd }: WatchRange): string {
  return rangeEnd === undefined ? keyText(key) : `${keyText(key)}-${keyText(rangeEnd)}`;
}

function keyText(key: Uint8Array): string {
  return formatHex(key);
}
