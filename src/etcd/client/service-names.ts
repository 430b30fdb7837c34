import type { DescMethodUnary, DescService } from '@bufbuild/protobuf';
import type { Auth, Cluster, KV, Lease, Maintenance, Watch } from '../api.ts';

/** The services of etcd's API. */
export interface Services {
  readonly Auth: typeof Auth;
  readonly Cluster: typeof Cluster;
  readonly KV: typeof KV;
  readonly Lease: typeof Lease;
  readonly Maintenance: typeof Maintenance;
  readonly Watch: typeof Watch;
}

export type ServiceName = keyof Services;

/** The methods of a service that have one answer. */
export type UnaryName<S extends DescService> = {
  [K in keyof S['method']]: S['method'][K] extends DescMethodUnary ? K & string : never;
}[keyof S['method']];

/**
 * Names of the methods with one answer, by service. Written down here, and held against the generated code by the
 * type and by a test, so that a client can be opened without loading that code.
 */
export const unaryNames: { readonly [N in ServiceName]: readonly UnaryName<Services[N]>[] } = {
  KV: ['range', 'put', 'deleteRange', 'txn', 'compact'],
  Watch: [],
  Lease: ['leaseGrant', 'leaseRevoke', 'leaseTimeToLive', 'leaseLeases'],
  Cluster: ['memberAdd', 'memberRemove', 'memberUpdate', 'memberList', 'memberPromote'],
  Maintenance: ['alarm', 'status', 'defragment', 'hash', 'hashKV', 'moveLeader', 'downgrade'],
  Auth: [
    'authEnable',
    'authDisable',
    'authStatus',
    'authenticate',
    'userAdd',
    'userGet',
    'userList',
    'userDelete',
    'userChangePassword',
    'userGrantRole',
    'userRevokeRole',
    'roleAdd',
    'roleGet',
    'roleList',
    'roleDelete',
    'roleGrantPermission',
    'roleRevokePermission',
  ],
};
