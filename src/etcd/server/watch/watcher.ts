import type { StoreEvent } from '../store/index.ts';
import type { WatchRange } from './watch-range.ts';

/** What is asked for when a watch is created, as in WatchCreateRequest. */
export interface WatchOptions {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
  /** 0: from now on. */
  readonly startRevision: bigint;
  readonly progressNotify: boolean;
  readonly noPut: boolean;
  readonly noDelete: boolean;
  readonly prevKv: boolean;
  /** 0: the stream chooses. */
  readonly watchId: bigint;
  readonly fragment: boolean;
}

/** One watch of a stream. */
export interface Watcher extends Omit<WatchOptions, 'watchId' | 'key' | 'rangeEnd'>, WatchRange {
  readonly id: bigint;
  /** Commits before it have been seen, or are not wanted. */
  nextRevision: bigint;
  /**
   * live: told of each commit. behind: reads the history from `nextRevision` on, because it began in the past or its
   * client was too slow. ended: canceled, or what it needs has been compacted.
   */
  state: 'live' | 'behind' | 'ended';
  /** Whether the next periodic notification is due; events stand in for one. */
  progressDue: boolean;
}

/** The events of a commit that a watcher wants. */
export function wantedEvents(watcher: Watcher, events: readonly StoreEvent[]): readonly StoreEvent[] {
  if (!watcher.noPut && !watcher.noDelete) return events;
  return events.filter(({ kind }) => !(kind === 'put' ? watcher.noPut : watcher.noDelete));
}
