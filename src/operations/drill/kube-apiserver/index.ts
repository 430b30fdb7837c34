/** A real API server on the drilled etcd, and what it serves beside what is decoded offline. */
export { compareObjects, holdsEncrypted } from './compare-objects.ts';
export { type StartedApiServer, startApiServer } from './start-api-server.ts';
