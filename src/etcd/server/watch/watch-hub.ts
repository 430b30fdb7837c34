import type { EtcdStore } from '../store/index.ts';
import { LiveWatchers } from './live-watchers.ts';
import { type StreamWatcher, type WatchContext, WatchStream } from './watch-stream.ts';

export interface WatchHubOptions {
  readonly store: EtcdStore;
  /** A reply to a watch that wants fragments is cut into pieces below this. */
  readonly fragmentBytes: number;
  /** Pause between two progress notifications; etcd's is ten minutes. */
  readonly progressIntervalMs: number;
}

/** Tells the streams of all clients what is committed to a store. */
export class WatchHub implements Disposable {
  readonly #context: WatchContext;
  readonly #streams = new Map<WatchStream, NodeJS.Timeout>();
  readonly #progressIntervalMs: number;
  readonly #stopListening: () => void;

  constructor({ store, fragmentBytes, progressIntervalMs }: WatchHubOptions) {
    const live = new LiveWatchers<StreamWatcher>();
    this.#context = { store, live, fragmentBytes };
    this.#progressIntervalMs = progressIntervalMs;
    this.#stopListening = store.onCommit((commit) => {
      for (const [watcher, events] of live.concernedBy(commit)) watcher.stream.offer(watcher, commit, events);
    });
  }

  /** The caller closes it. */
  openStream(): WatchStream {
    const stream = new WatchStream(this.#context);
    const timer = setInterval(() => stream.notifyProgress(), this.#progressIntervalMs).unref();
    this.#streams.set(stream, timer);
    return stream;
  }

  closeStream(stream: WatchStream): void {
    clearInterval(this.#streams.get(stream));
    this.#streams.delete(stream);
    stream.close();
  }

  [Symbol.dispose](): void {
    this.#stopListening();
    for (const stream of [...this.#streams.keys()]) this.closeStream(stream);
  }
}
