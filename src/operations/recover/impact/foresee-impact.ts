import {
  compareBytes,
  openFileSource,
  type OperationContext,
  throwIfInterrupted,
  utf8,
  yieldToEventLoop,
} from '../../../base/index.ts';
import { openDatabase } from '../../../formats/bbolt/index.ts';
import { parseStorageKey, storagePath } from '../../../formats/kubernetes-object/index.ts';
import type { KeyValueStoreFile } from '../../../formats/mvcc/index.ts';
import { openObjectReader } from '../../objects/decode/index.ts';
import { type ImpactCounts, type MergedPair, startImpact } from '../../objects/impact/index.ts';
import type { NotedKeys } from '../revisions/index.ts';
import { beginsWith, type NotedStore, openNotedStore } from './noted-store.ts';

/** What would become of the objects, in short. */
export interface RecoveryImpact {
  readonly counts: Pick<ImpactCounts, 'vanish' | 'return' | 'change' | 'unread'>;
  /** Risks of the highest rank: what happens, and to how many objects. */
  readonly high: readonly { readonly id: string; readonly title: string; readonly count: number }[];
}

/** The snapshot, as far as its checks have read it already. */
export interface SnapshotKeys {
  /** Path on this machine. */
  readonly path: string;
  readonly noted: NotedKeys;
  /** `--etcd-prefix` of the API server. */
  readonly storagePrefix: string;
}

/**
 * Compares a snapshot with the old data of the same cluster. A key that was written last at the same revision is taken
 * for the same object, so that only what differs is read, and a few kinds of objects that rules need to see. Encrypted
 * values are not looked into. Errors: those of reading the two.
 */
export async function foreseeImpact(
  snapshot: SnapshotKeys,
  old: { readonly noted: NotedKeys; readonly store: KeyValueStoreFile },
  ctx: OperationContext,
): Promise<RecoveryImpact> {
  using file = openFileSource(snapshot.path);
  const reader = await openObjectReader();
  const { storagePrefix: prefix } = snapshot;
  const recovered = openNotedStore(snapshot.noted, openDatabase(file), reader, prefix);
  const present = openNotedStore(old.noted, old.store, reader, prefix);
  const run = startImpact({ present: reader, recovered: reader });
  for (const pair of await findPairs(present, recovered, run.watched, prefix, ctx)) {
    throwIfInterrupted(ctx.signal);
    await run.add(pair);
  }
  const { counts, risks } = await run.finish({
    present: present.lookup,
    recovered: recovered.lookup,
    hasEncryptionConfig: false,
  });
  const high = risks
    .filter(({ risk }) => risk === 'high')
    .map(({ id, title, objects }) => ({ id, title, count: objects.length }));
  const { vanish, change, unread } = counts;
  return { counts: { vanish, return: counts.return, change, unread }, high };
}

/** Between two looks at the event loop. */
const keysInSlice = 20_000;

/** What has to be looked at, in the order of keys. */
async function findPairs(
  present: NotedStore,
  recovered: NotedStore,
  watched: ReadonlySet<string>,
  prefix: string,
  ctx: OperationContext,
): Promise<MergedPair[]> {
  const pairs = new PairCollector(prefix, watched);
  const breathe = async (count: number) => {
    if (count % keysInSlice !== 0) return;
    throwIfInterrupted(ctx.signal);
    await yieldToEventLoop();
  };
  const [now, then] = [present.noted, recovered.noted];
  for (let id = 0; id < then.keys.size; id++) {
    await breathe(id + 1);
    if (!then.keys.isAlive(id)) continue;
    const found = now.keys.find(then.keys.key(id));
    const other = found >= 0 && now.keys.isAlive(found) ? found : undefined;
    const isSame = other !== undefined && isSameRevision(then, id, now, other);
    pairs.add(then.keys.key(id), isSame, () => ({
      recovered: recovered.sideOf(id),
      present: other === undefined ? undefined : present.sideOf(other),
    }));
  }
  for (let id = 0; id < now.keys.size; id++) {
    await breathe(id + 1);
    if (!now.keys.isAlive(id)) continue;
    const found = then.keys.find(now.keys.key(id));
    if (found >= 0 && then.keys.isAlive(found)) continue;
    pairs.add(now.keys.key(id), false, () => ({ recovered: undefined, present: present.sideOf(id) }));
  }
  return pairs.sorted();
}

function isSameRevision(a: NotedKeys, idOfA: number, b: NotedKeys, idOfB: number): boolean {
  return (
    a.revisions.low(idOfA) === b.revisions.low(idOfB) && a.revisions.high(idOfA) === b.revisions.high(idOfB)
  );
}

class PairCollector {
  readonly #prefix: string;
  readonly #start: Uint8Array;
  readonly #watched: readonly Uint8Array[];
  readonly #found: { readonly key: Uint8Array; readonly pair: MergedPair }[] = [];

  constructor(prefix: string, watched: ReadonlySet<string>) {
    this.#prefix = prefix;
    this.#start = utf8(`${prefix}/`);
    this.#watched = [...watched].map((name) => {
      const [resource = '', ...group] = name.split('.');
      return utf8(`${prefix}/${storagePath(group.join('.'), resource)}/`);
    });
  }

  add(key: Uint8Array, isSame: boolean, sides: () => Pick<MergedPair, 'present' | 'recovered'>): void {
    if (!beginsWith(key, this.#start)) return;
    if (isSame && !this.#watched.some((start) => beginsWith(key, start))) return;
    const place = parseStorageKey(key, this.#prefix);
    if (place !== undefined && place.origin !== 'internal')
      this.#found.push({ key, pair: { place, ...sides() } });
  }

  sorted(): MergedPair[] {
    return this.#found.sort((a, b) => compareBytes(a.key, b.key)).map(({ pair }) => pair);
  }
}
