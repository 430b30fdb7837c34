import { bringInPeers, peersDirectory } from './index.ts';

/** Brings the real etcd programs into the cache and says what is there: `node test/peers/fetch.ts`. */
console.log(`peers in ${peersDirectory()}`);
const missing = await bringInPeers(console.log);
process.exitCode = missing.length === 0 ? 0 : 1;
