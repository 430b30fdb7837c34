/**
 * Several processes at work in one store, one request at a time in an order that a seed decides, any of them killed at
 * any request: right before it has happened, or right after it. What a killed process still wants to do has no effect.
 */
import type { ObjectStat, Storage } from '../../src/storage/index.ts';
import type { Random } from './random.ts';

export interface Actor {
  readonly name: string;
  /** Dies at this request, counted from 1. */
  readonly killAt?: number;
  readonly work: (storage: Storage) => Promise<void>;
}

export class Killed extends Error {}

interface Turn {
  readonly actor: Playing;
  readonly take: () => void;
  readonly refuse: () => void;
}

interface Playing extends Actor {
  /** How often its turn comes: some processes are fast while others are slow. */
  readonly weight: number;
  requests: number;
  isKilled: boolean;
  isOver: boolean;
}

export interface PlayOptions {
  readonly storage: Storage;
  readonly random: Random;
  /** Called before each request happens: time passes. */
  readonly onRequest?: () => void;
}

/** Plays all to their ends. Returns the names of those that were killed; what another one throws is thrown. */
export async function play(actors: readonly Actor[], options: PlayOptions): Promise<readonly string[]> {
  const turns: Turn[] = [];
  const playing = actors.map(
    (actor): Playing => ({
      ...actor,
      weight: options.random.pick([1, 4, 16]),
      requests: 0,
      isKilled: false,
      isOver: false,
    }),
  );
  let notice = () => {};
  const failures: unknown[] = [];
  for (const actor of playing) {
    const turn = () =>
      new Promise<void>((resolve, reject) => {
        const refuse = () => reject(new Killed(actor.name));
        if (actor.isKilled) refuse();
        else {
          turns.push({ actor, take: resolve, refuse });
          notice();
        }
      });
    actor
      .work(stagedStorage(options.storage, { turn, isKilled: () => actor.isKilled, name: actor.name }))
      .catch((error: unknown) => {
        if (!actor.isKilled) failures.push(error);
      })
      .finally(() => {
        actor.isOver = true;
        notice();
      });
  }
  const isReady = () => playing.every((actor) => actor.isOver || turns.some((turn) => turn.actor === actor));
  while (playing.some(({ isOver }) => !isOver)) {
    while (!isReady()) await new Promise<void>((resolve) => (notice = resolve));
    if (turns.length === 0) continue;
    const [turn] = turns.splice(pickTurn(turns, options.random), 1) as [Turn];
    options.onRequest?.();
    proceed(turn, turns, options.random);
    // Until the request has had its effect: its promise settles in a few ticks, as the store is in memory.
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (failures.length > 0) throw failures[0];
  return playing.filter(({ isKilled }) => isKilled).map(({ name }) => name);
}

function pickTurn(turns: readonly Turn[], random: Random): number {
  const total = turns.reduce((sum, { actor }) => sum + actor.weight, 0);
  let left = random.next() * total;
  for (const [at, { actor }] of turns.entries()) {
    left -= actor.weight;
    if (left < 0) return at;
  }
  return turns.length - 1;
}

function proceed({ actor, take, refuse }: Turn, turns: Turn[], random: Random): void {
  if (++actor.requests === actor.killAt) {
    actor.isKilled = true;
    for (const other of turns.splice(0))
      if (other.actor === actor) other.refuse();
      else turns.push(other);
    if (random.chance(0.5)) {
      refuse();
      return;
    }
  }
  take();
}

interface Staged {
  readonly turn: () => Promise<void>;
  readonly isKilled: () => boolean;
  readonly name: string;
}

/** The store as one process sees it. */
function stagedStorage(storage: Storage, { turn, isKilled, name: actor }: Staged): Storage {
  const request = async <T>(work: () => Promise<T>): Promise<T> => {
    await turn();
    const result = await work();
    if (isKilled()) throw new Killed(actor);
    return result;
  };
  return {
    location: storage.location,
    capabilities: storage.capabilities,
    putIfAbsent: (name, content, options) => request(() => storage.putIfAbsent(name, content, options)),
    get: (name, options) => request(() => storage.get(name, options)),
    stat: (name, options) => request(() => storage.stat(name, options)),
    delete: (name, options) => request(() => storage.delete(name, options)),
    // As a directory is read: first the names, and then a look at each.
    async *list(prefix, options) {
      const names = await request(async () => {
        const found: string[] = [];
        for await (const { name } of storage.list(prefix, options)) found.push(name);
        return found;
      });
      const stats = await request(async () => {
        const found: ObjectStat[] = [];
        for (const name of names) {
          const stat = await storage.stat(name, options);
          if (stat !== undefined) found.push(stat);
        }
        return found;
      });
      yield* stats;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
