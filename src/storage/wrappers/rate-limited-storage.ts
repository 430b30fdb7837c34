import { setTimeout as pause } from 'node:timers/promises';
import { type Clock, HoldfastError, systemClock } from '../../base/index.ts';
import type { Storage } from '../storage.ts';

export interface RateLimits {
  readonly uploadBytesPerSecond?: number;
  readonly downloadBytesPerSecond?: number;
  readonly clock?: Pick<Clock, 'monotonicMs'>;
  readonly wait?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

/**
 * Keeps the average over all requests below a rate: each waits until what went before it has had its time. An object
 * itself goes at full speed, so the rate holds over a few objects, not within one.
 */
export function rateLimitedStorage(storage: Storage, limits: RateLimits): Storage {
  const upload = createPace(limits.uploadBytesPerSecond, limits);
  const download = createPace(limits.downloadBytesPerSecond, limits);
  return {
    location: storage.location,
    get capabilities() {
      return storage.capabilities;
    },
    async putIfAbsent(name, content, options) {
      const sizeBytes = content.reduce((sum, piece) => sum + piece.length, 0);
      await upload(sizeBytes, options?.signal);
      return storage.putIfAbsent(name, content, options);
    },
    async get(name, options) {
      // How much it will be is often not known before: it is the next one that waits for it.
      await download(0, options?.signal);
      const bytes = await storage.get(name, options);
      download.note(bytes.length);
      return bytes;
    },
    stat: (name, options) => storage.stat(name, options),
    list: (prefix, options) => storage.list(prefix, options),
    delete: (name, options) => storage.delete(name, options),
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  };
}

interface Pace {
  /** Waits for its turn, and takes the time that these bytes are worth. */
  (sizeBytes: number, signal: AbortSignal | undefined): Promise<void>;
  note(sizeBytes: number): void;
}

function createPace(bytesPerSecond: number | undefined, limits: RateLimits): Pace {
  const clock = limits.clock ?? systemClock;
  const wait = limits.wait ?? ((ms, signal) => pause(ms, undefined, { signal }));
  let freeAtMs = 0;
  const note = (sizeBytes: number) => {
    if (bytesPerSecond === undefined) return;
    freeAtMs = Math.max(freeAtMs, clock.monotonicMs()) + (sizeBytes / bytesPerSecond) * 1000;
  };
  const turn = async (sizeBytes: number, signal: AbortSignal | undefined) => {
    const waitMs = freeAtMs - clock.monotonicMs();
    note(sizeBytes);
    if (waitMs <= 0) return;
    try {
      await wait(waitMs, signal);
    } catch (error) {
      throw new HoldfastError('INTERRUPTED', 'interrupted', { cause: error });
    }
  };
  return Object.assign(turn, { note });
}
