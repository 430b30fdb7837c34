import type { Auth } from '../../api.ts';
import type { EtcdStore } from '../store/index.ts';
import type { ServiceHandlers } from '../transport/index.ts';
import type { ResponseHeaders } from './response-headers.ts';
import { RpcError, rpcCodes } from './rpc-error.ts';
import { unsupported } from './status-of.ts';

/**
 * The Auth service. The server asks for no users, whatever the file says: certificates decide who gets in. A client
 * that logs in is told so in etcd's words, upon which it goes on without.
 */
export function authMethods(store: EtcdStore, headers: ResponseHeaders): ServiceHandlers<typeof Auth> {
  const refuse = () => {
    throw unsupported('users and roles cannot be managed');
  };
  return {
    authStatus: () => ({
      header: headers.header(),
      enabled: false,
      authRevision: store.facts.authRevision > 0n ? store.facts.authRevision : 1n,
    }),
    authenticate() {
      throw new RpcError(rpcCodes.failedPrecondition, 'etcdserver: authentication is not enabled');
    },
    authEnable: refuse,
    authDisable: refuse,
    userAdd: refuse,
    userGet: refuse,
    userList: refuse,
    userDelete: refuse,
    userChangePassword: refuse,
    userGrantRole: refuse,
    userRevokeRole: refuse,
    roleAdd: refuse,
    roleGet: refuse,
    roleList: refuse,
    roleDelete: refuse,
    roleGrantPermission: refuse,
    roleRevokePermission: refuse,
  };
}
