import type { EtcdStore, StoreCommit, StoreEvent } from '../store/index.ts';
import { encodeEvent, fragmentReply, type WatchReply } from './encode-watch-reply.ts';
import { Fifo } from './fifo.ts';
import type { LiveWatchers } from './live-watchers.ts';
import { isEmptyRange } from './watch-range.ts';
import { wantedEvents, type Watcher, type WatchOptions } from './watcher.ts';

/** A watcher and the stream that it belongs to. */
export interface StreamWatcher extends Watcher {
  readonly stream: WatchStream;
}

/** What the streams of a server have in common. */
export interface WatchContext {
  readonly store: EtcdStore;
  readonly live: LiveWatchers<StreamWatcher>;
  /** A reply to a watch with `fragment` is cut into pieces below this. */
  readonly fragmentBytes: number;
}

/** Something that waits to be sent: events of one commit, or a progress notification (no events). */
interface Queued {
  readonly watcher: StreamWatcher | undefined;
  readonly revision: bigint;
  readonly events: readonly StoreEvent[];
  readonly bytes: number;
}

/** No watch in particular. */
const noWatchId = -1n;
/** What may wait for a slow client. Beyond it a watch falls behind and reads from the history later. */
const maxQueuedEntries = 8192;
const maxQueuedBytes = 4 << 20;
/** Answers to requests that may wait: a client that sends requests without reading is not read from. */
const maxWaitingAnswers = 16;
/** History in one reply: etcd's number of revisions, and a bound to its bytes. */
const maxBatchRevisions = 1000;
const maxBatchBytes = 8 << 20;

/**
 * The watches of one client stream. Replies are pulled: a client that reads slowly keeps no more than the queue, and
 * a watch that the queue has no room for goes on from the store's history, with no gap and nothing twice.
 *
 * Source: etcd server/etcdserver/api/v3rpc/watch.go, server/storage/mvcc/{watchable_store,watcher}.go (3.6.16).
 */
export class WatchStream {
  readonly #context: WatchContext;
  readonly #watchers = new Map<bigint, StreamWatcher>();
  readonly #behind = new Set<StreamWatcher>();
  #answers: WatchReply[] = [];
  readonly #queue = new Fifo<Queued>();
  #queuedBytes = 0;
  #lastQueued: StoreCommit | undefined;
  #nextId = 0n;
  #wake: (() => void) | undefined;
  #answersTaken: (() => void) | undefined;

  constructor(context: WatchContext) {
    this.#context = context;
  }

  /** Keys and values that wait for the client. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Creates a watch, or says in an answer why not. */
  create(options: WatchOptions): void {
    const { currentRevision } = this.#context.store;
    const watcher = this.#watcherOf(options);
    const refusal = this.#refusal(watcher, options);
    const answer = { revision: currentRevision, created: true, events: [] };
    if (refusal !== undefined) {
      this.#answer({ ...answer, watchId: noWatchId, canceled: true, cancelReason: refusal });
      return;
    }
    this.#watchers.set(watcher.id, watcher);
    if (watcher.state === 'live') this.#context.live.add(watcher);
    else this.#behind.add(watcher);
    this.#answer({ ...answer, watchId: watcher.id });
  }

  /** Ends a watch; what it has not sent yet is dropped. Without such a watch nothing happens. */
  cancel(watchId: bigint): void {
    const watcher = this.#watchers.get(watchId);
    if (watcher === undefined) return;
    this.#end(watcher);
    this.#answer({
      watchId,
      revision: this.#context.store.currentRevision,
      canceled: true,
      events: [],
    });
  }

  /** Answers a request for progress, when every watch of the stream has seen everything; otherwise not at all. */
  requestProgress(): void {
    const watchers = [...this.#watchers.values()];
    if (watchers.length > 0 && watchers.every((watcher) => this.#isCaughtUp(watcher)))
      this.#enqueue(undefined);
  }

  /** The periodic notification of each watch that asked for it and had no events since the last one. */
  notifyProgress(): void {
    for (const watcher of this.#watchers.values()) {
      if (!watcher.progressNotify) continue;
      if (watcher.progressDue && this.#isCaughtUp(watcher)) this.#enqueue(watcher);
      watcher.progressDue = true;
    }
  }

  /** Takes a commit for a live watch of this stream; the events are those in its range. */
  offer(watcher: StreamWatcher, commit: StoreCommit, events: readonly StoreEvent[]): void {
    if (commit.revision < watcher.nextRevision) return;
    const wanted = wantedEvents(watcher, events);
    if (wanted.length > 0) {
      if (!this.#hasRoom()) {
        watcher.nextRevision = commit.revision;
        this.#fallBehind(watcher);
        return;
      }
      // The watches of a stream share a commit's bytes: they count once.
      const bytes = this.#lastQueued === commit ? 0 : bytesOf(commit.events);
      this.#lastQueued = commit;
      this.#push({ watcher, revision: commit.revision, events: wanted, bytes });
    }
    watcher.nextRevision = commit.revision + 1n;
  }

  /** The next reply, in fragments where the watch wants them; none when there is nothing to say now. */
  next(): readonly WatchReply[] {
    const answer = this.#answers.shift();
    if (answer !== undefined) {
      this.#answersTaken?.();
      return [answer];
    }
    for (let queued = this.#takeQueued(); queued !== undefined; queued = this.#takeQueued()) {
      const replies = this.#replyTo(queued);
      if (replies.length > 0) return replies;
    }
    for (const watcher of this.#behind) {
      const replies = this.#catchUp(watcher);
      if (replies.length > 0) return replies;
    }
    return [];
  }

  /** Resolves when `next` may have something again, or the signal aborts. */
  async ready(signal: AbortSignal): Promise<void> {
    if (this.#answers.length > 0 || this.#queue.length > 0 || this.#behind.size > 0) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      this.#wake = done;
      signal.addEventListener('abort', done);
      if (signal.aborted) done();
    });
  }

  /** Resolves when the client has read enough answers to be asked for its next request. */
  async roomForRequest(signal: AbortSignal): Promise<void> {
    while (this.#answers.length >= maxWaitingAnswers && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = () => {
          signal.removeEventListener('abort', done);
          this.#answersTaken = undefined;
          resolve();
        };
        this.#answersTaken = done;
        signal.addEventListener('abort', done);
      });
    }
  }

  close(): void {
    for (const watcher of [...this.#watchers.values()]) this.#end(watcher);
    this.#queue.clear();
    this.#answers = [];
  }

  #watcherOf(options: WatchOptions): StreamWatcher {
    const { startRevision, key, rangeEnd } = options;
    const next = this.#context.store.currentRevision + 1n;
    const live = startRevision === 0n || startRevision >= next;
    return {
      ...options,
      id: options.watchId === 0n ? this.#freeId() : options.watchId,
      key: key.length === 0 ? Uint8Array.of(0) : key,
      rangeEnd: rangeEnd.length === 0 ? undefined : rangeEnd,
      nextRevision: startRevision === 0n ? next : startRevision,
      state: live ? 'live' : 'behind',
      progressDue: true,
      stream: this,
    };
  }

  #refusal(watcher: StreamWatcher, { startRevision, watchId }: WatchOptions): string | undefined {
    if (startRevision < 0n) return 'etcdserver: mvcc: required revision has been compacted';
    if (isEmptyRange(watcher)) return 'mvcc: watcher range is empty';
    if (watchId !== 0n && this.#watchers.has(watchId))
      return 'mvcc: duplicate watch ID provided on the WatchStream';
    if (watchId === 0n) this.#nextId = watcher.id + 1n;
    return undefined;
  }

  #freeId(): bigint {
    let id = this.#nextId;
    while (this.#watchers.has(id)) id++;
    return id;
  }

  #isCaughtUp(watcher: StreamWatcher): boolean {
    return watcher.state === 'live' && this.#context.store.currentRevision >= watcher.startRevision;
  }

  #fallBehind(watcher: StreamWatcher): void {
    this.#context.live.remove(watcher);
    watcher.state = 'behind';
    this.#behind.add(watcher);
  }

  #end(watcher: StreamWatcher): void {
    if (watcher.state === 'live') this.#context.live.remove(watcher);
    watcher.state = 'ended';
    this.#behind.delete(watcher);
    this.#watchers.delete(watcher.id);
  }

  #answer(reply: WatchReply): void {
    this.#answers.push(reply);
    this.#wake?.();
  }

  #enqueue(watcher: StreamWatcher | undefined): void {
    if (!this.#hasRoom()) return;
    this.#push({ watcher, revision: this.#context.store.currentRevision, events: [], bytes: 0 });
  }

  #push(queued: Queued): void {
    this.#queue.push(queued);
    this.#queuedBytes += queued.bytes;
    this.#wake?.();
  }

  #hasRoom(): boolean {
    return this.#queue.length < maxQueuedEntries && this.#queuedBytes < maxQueuedBytes;
  }

  #takeQueued(): Queued | undefined {
    const queued = this.#queue.shift();
    this.#queuedBytes -= queued?.bytes ?? 0;
    return queued;
  }

  #replyTo({ watcher, revision, events }: Queued): readonly WatchReply[] {
    if (watcher === undefined) return [{ watchId: noWatchId, revision, events: [] }];
    if (watcher.state === 'ended') return [];
    if (events.length === 0) return [{ watchId: watcher.id, revision, events: [] }];
    return this.#eventReplies(watcher, revision, events);
  }

  #eventReplies(
    watcher: StreamWatcher,
    revision: bigint,
    events: readonly StoreEvent[],
  ): readonly WatchReply[] {
    watcher.progressDue = false;
    const encoded = events.map((event) => encodeEvent(event, this.#previous(watcher, event)));
    const reply = { watchId: watcher.id, revision, events: encoded };
    return watcher.fragment ? fragmentReply(reply, this.#context.fragmentBytes) : [reply];
  }

  #previous({ prevKv }: StreamWatcher, { kind, kv }: StoreEvent) {
    if (!prevKv || (kind === 'put' && kv.createRevision === kv.modRevision)) return undefined;
    return this.#context.store.previous(kv.key, kv.modRevision);
  }

  /** The next piece of a watch's history. At its end the watch is live: nothing can be committed in between. */
  #catchUp(watcher: StreamWatcher): readonly WatchReply[] {
    const { store, live } = this.#context;
    if (watcher.nextRevision < store.compactRevision) {
      // It keeps its id until the client cancels it, too: etcd's client does, and waits for the answer.
      watcher.state = 'ended';
      this.#behind.delete(watcher);
      const { compactRevision } = store;
      return [{ watchId: watcher.id, revision: 0n, canceled: true, compactRevision, events: [] }];
    }
    const { events, nextRevision } = this.#readHistory(watcher);
    // Watches take turns.
    this.#behind.delete(watcher);
    if (nextRevision === undefined) {
      watcher.nextRevision = store.currentRevision + 1n;
      watcher.state = 'live';
      live.add(watcher);
    } else {
      watcher.nextRevision = nextRevision;
      this.#behind.add(watcher);
    }
    return events.length === 0 ? [] : this.#eventReplies(watcher, store.currentRevision, events);
  }

  /** `nextRevision` is undefined when the history has come to its end. */
  #readHistory(watcher: StreamWatcher): { events: StoreEvent[]; nextRevision: bigint | undefined } {
    const events: StoreEvent[] = [];
    let revisions = 0;
    let bytes = 0;
    const { nextRevision, key, rangeEnd } = watcher;
    for (const commit of this.#context.store.changes(nextRevision, key, rangeEnd)) {
      if (revisions === maxBatchRevisions || bytes >= maxBatchBytes)
        return { events, nextRevision: commit.revision };
      const wanted = wantedEvents(watcher, commit.events);
      events.push(...wanted);
      bytes += bytesOf(wanted);
      revisions++;
    }
    return { events, nextRevision: undefined };
  }
}

function bytesOf(events: readonly StoreEvent[]): number {
  return events.reduce((sum, { kv }) => sum + kv.key.length + kv.value.length + 64, 0);
}
