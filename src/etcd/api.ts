/**
 * The generated messages, schemas and services of etcd's v3 API (`proto/`, `npm run proto`): one door for the
 * client, the server and the tests. int64 and uint64 are `bigint`, bytes are `Uint8Array`.
 */
export * from './gen/authpb/auth_pb.js';
export * from './gen/etcdserverpb/auth_pb.js';
export * from './gen/etcdserverpb/cluster_pb.js';
export * from './gen/etcdserverpb/header_pb.js';
export * from './gen/etcdserverpb/kv_pb.js';
export * from './gen/etcdserverpb/lease_pb.js';
export * from './gen/etcdserverpb/maintenance_pb.js';
export * from './gen/etcdserverpb/watch_pb.js';
export * from './gen/grpc/health/v1/health_pb.js';
export * from './gen/mvccpb/kv_pb.js';
