import { bringInKubeApiserver, bringInPeers, bringInVersitygw, peersDirectory } from './index.ts';

/** Brings the real etcd programs, kube-apiserver and the S3 server into the cache and says what is there: `node test/peers/fetch.ts`. */
console.log(`peers in ${peersDirectory()}`);
const missing = await bringInPeers(console.log);
const isWhole = await bringInKubeApiserver(console.log);
const hasS3 = await bringInVersitygw(console.log);
process.exitCode = missing.length === 0 && isWhole && hasS3 ? 0 : 1;
