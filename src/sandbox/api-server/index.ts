/** What the stand-in for the API server knows: its resources, its cache of etcd, its answers. */
export { answer, ApiRefusal, type ApiReply, type ApiStore } from './api-requests.ts';
export { WatchCache } from './watch-cache.ts';
