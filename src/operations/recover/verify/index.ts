/** Whether what runs is what the snapshot holds. */
export { type ComparedResource, comparedFact, compareWithApiServer } from './api-server-lists.ts';
export { apiServerUrl, isApiServerReady, waitForApiServer } from './api-server-ready.ts';
export { readLiveCluster, waitForEtcd } from './etcd-ready.ts';
export { expectationFact, expectFromStaged } from './expectation.ts';
export { describeHandwork, handworkFact, noteHandwork } from './handwork.ts';
export { waitForPeersBefore, waitForPeersBeforeToStop } from './peers-before.ts';
export { verifyEtcd } from './verify-etcd.ts';
