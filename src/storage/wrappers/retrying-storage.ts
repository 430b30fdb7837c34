import { setTimeout as pause } from 'node:timers/promises';
import { type Clock, hasCode, HoldfastError, systemClock } from '../../base/index.ts';
import type { ObjectStat, PutOptions, RequestOptions, Storage } from '../storage.ts';

export interface RetryOptions {
  /** How long one request may be tried again and again; default five minutes. */
  readonly deadlineMs?: number;
  /** Before the second try; doubled each time up to 30 s, and each time cut by chance to between half and all of it. */
  readonly firstPauseMs?: number;
  readonly clock?: Pick<Clock, 'monotonicMs'>;
  /** From 0 to 1. */
  readonly random?: () => number;
  readonly wait?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** Told before each pause. */
  readonly onRetry?: (retry: {
    readonly action: string;
    readonly error: HoldfastError;
    readonly pauseMs: number;
  }) => void;
}

const defaultDeadlineMs = 5 * 60_000;
const defaultFirstPauseMs = 200;
const longestPauseMs = 30_000;

/**
 * Tries again what may pass: STORAGE_UNREACHABLE and STORAGE_THROTTLED, until the deadline; then it rejects with the
 * last failure. A put whose answer was lost may have happened: when the name is taken at the next try, the object is
 * read, and if it is what was to be put, the put says `created`.
 */
export function retryingStorage(storage: Storage, options: RetryOptions = {}): Storage {
  const again = createRetry(options);
  return {
    location: storage.location,
    get capabilities() {
      return storage.capabilities;
    },
    async putIfAbsent(name, content, putOptions) {
      let tries = 0;
      return again(`put ${name}`, putOptions, async () => {
        tries++;
        const outcome = await storage.putIfAbsent(name, content, putOptions);
        const mayBeOurs = outcome === 'exists' && tries > 1;
        return mayBeOurs && (await isThere(storage, name, content, putOptions)) ? 'created' : outcome;
      });
    },
    get: (name, getOptions) => again(`get ${name}`, getOptions, () => storage.get(name, getOptions)),
    stat: (name, statOptions) => again(`stat ${name}`, statOptions, () => storage.stat(name, statOptions)),
    list: (prefix, listOptions) => retryList(storage, prefix, listOptions, again),
    delete: (name, deleteOptions) =>
      again(`delete ${name}`, deleteOptions, () => storage.delete(name, deleteOptions)),
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  };
}

type Retry = <T>(
  action: string,
  request: RequestOptions | undefined,
  attempt: () => Promise<T>,
) => Promise<T>;

function createRetry(options: RetryOptions): Retry {
  const { deadlineMs = defaultDeadlineMs, firstPauseMs = defaultFirstPauseMs } = options;
  const { clock = systemClock, random = Math.random, onRetry } = options;
  const wait = options.wait ?? ((ms, signal) => pause(ms, undefined, { signal }));
  return async (action, request, attempt) => {
    const endMs = clock.monotonicMs() + deadlineMs;
    for (let next = firstPauseMs; ; next = Math.min(next * 2, longestPauseMs)) {
      try {
        return await attempt();
      } catch (error) {
        const pauseMs = next * (0.5 + random() / 2);
        if (!mayPass(error) || clock.monotonicMs() + pauseMs > endMs) throw error;
        onRetry?.({ action, error, pauseMs });
        await waitUnlessInterrupted(wait, pauseMs, request?.signal);
      }
    }
  };
}

async function waitUnlessInterrupted(
  wait: NonNullable<RetryOptions['wait']>,
  pauseMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await wait(pauseMs, signal);
  } catch (error) {
    throw new HoldfastError('INTERRUPTED', 'interrupted', { cause: error });
  }
}

function mayPass(error: unknown): error is HoldfastError {
  return hasCode(error, 'STORAGE_UNREACHABLE') || hasCode(error, 'STORAGE_THROTTLED');
}

/** Whether the object of this name is just this content. */
async function isThere(
  storage: Storage,
  name: string,
  content: readonly Uint8Array[],
  options: PutOptions | undefined,
): Promise<boolean> {
  const wanted = Buffer.concat(content);
  const found = await storage.stat(name, options);
  if (found?.sizeBytes !== wanted.length) return false;
  const bytes = await storage.get(name, { ...signalOf(options), limitBytes: wanted.length });
  return wanted.equals(bytes);
}

function signalOf(options: RequestOptions | undefined): RequestOptions {
  return options?.signal === undefined ? {} : { signal: options.signal };
}

/** A list that broke off begins again; what was told already is left out. */
async function* retryList(
  storage: Storage,
  prefix: string,
  options: RequestOptions | undefined,
  again: Retry,
): AsyncGenerator<ObjectStat> {
  let last = '';
  const restart = () => storage.list(prefix, options)[Symbol.asyncIterator]();
  let objects = restart();
  for (;;) {
    const next = await again(`list ${prefix}`, options, async () => {
      try {
        return await nextAfter(objects, last);
      } catch (error) {
        objects = restart();
        throw error;
      }
    });
    if (next === undefined) return;
    last = next.name;
    yield next;
  }
}

/** The next object whose name is above the last one. */
async function nextAfter(objects: AsyncIterator<ObjectStat>, last: string): Promise<ObjectStat | undefined> {
  for (;;) {
    const next = await objects.next();
    if (next.done === true) return undefined;
    if (next.value.name > last) return next.value;
  }
}
