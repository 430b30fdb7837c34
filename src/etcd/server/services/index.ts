/** etcd's services over a store, as methods for the transport. */
export { authMethods } from './auth-methods.ts';
export { clusterMethods } from './cluster-methods.ts';
export { healthMethods } from './health-methods.ts';
export { healthPages } from './health-pages.ts';
export { createKvService, type KvService, type KvServiceOptions } from './kv.ts';
export { kvMethods } from './kv-methods.ts';
export { leaseMethods } from './lease-methods.ts';
export { maintenanceMethods } from './maintenance-methods.ts';
export { waysOf } from './release-ways.ts';
export { responseHeaders, type ServerIdentity } from './response-headers.ts';
export { RpcError, rpcCodes, rpcErrors } from './rpc-error.ts';
export { type ServedVersion, servedVersion } from './served-version.ts';
export { statusOf } from './status-of.ts';
export { watchMethods } from './watch-methods.ts';
export { maxRequestBytes, requestOverheadBytes, WriteGate } from './write-gate.ts';
