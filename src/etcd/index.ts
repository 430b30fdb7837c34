/** Floor 2: a live etcd over gRPC. Knows nothing of Kubernetes. */
export * from './api.ts';
export * from './client/index.ts';
