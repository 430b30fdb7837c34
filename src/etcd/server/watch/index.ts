/** Watches: history from any revision that is still there, then every commit. */
export { encodeWatchReply, type WatchReply } from './encode-watch-reply.ts';
export { WatchHub, type WatchHubOptions } from './watch-hub.ts';
export type { WatchStream } from './watch-stream.ts';
export type { WatchOptions } from './watcher.ts';
