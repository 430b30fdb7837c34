import { bringInKubeApiserver, bringInPeers, peersDirectory } from './index.ts';

/** Brings the real etcd programs and kube-apiserver into the cache and says what is there: `node test/peers/fetch.ts`. */
console.log(`peers in ${peersDirectory()}`);
const missing = await bringInPeers(console.log);
const isWhole = await bringInKubeApiserver(console.log);
process.exitCode = missing.length === 0 && isWhole ? 0 : 1;
