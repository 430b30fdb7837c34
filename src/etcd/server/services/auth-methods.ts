import { displayText } from '../../../base/index.ts';
import type { KeyPermission, RoleRecord } from '../../../formats/mvcc/index.ts';
import { type Auth, Permission_Type as PermissionType } from '../../api.ts';
import type { EtcdStore } from '../store/index.ts';
import type { ServiceHandlers } from '../transport/index.ts';
import type { ReleaseWays } from './release-ways.ts';
import type { ResponseHeaders } from './response-headers.ts';
import { RpcError, rpcCodes, rpcErrors } from './rpc-error.ts';
import { unsupported } from './status-of.ts';

const permissionTypes = [PermissionType.READ, PermissionType.WRITE, PermissionType.READWRITE] as const;

/** What the role `root` may do, whatever is stored of it; not every release says so. */
const everything: KeyPermission = {
  permission: PermissionType.READWRITE,
  key: new Uint8Array(0),
  rangeEnd: Uint8Array.of(0),
};

/**
 * The Auth service. The server asks for no users, whatever the file says: certificates decide who gets in. A client
 * that logs in is told so in etcd's words, upon which it goes on without. Users and roles can be looked at.
 *
 * Source: etcd server/auth/store.go (3.6.16).
 */
export function authMethods(
  store: EtcdStore,
  headers: ResponseHeaders,
  ways: ReleaseWays,
): ServiceHandlers<typeof Auth> {
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
    userGet({ name }) {
      const user = store.users().find((stored) => displayText(stored.name) === name);
      if (user === undefined) throw rpcErrors.userNotFound();
      return { header: headers.header(), roles: [...user.roles] };
    },
    userList: () => ({ header: headers.header(), users: store.users().map(({ name }) => displayText(name)) }),
    roleGet({ role: name }) {
      const role = store.roles().find((stored) => displayText(stored.name) === name);
      if (role === undefined) throw rpcErrors.roleNotFound();
      const perm = permissionsOf(role, ways).map(({ permission, key, rangeEnd }) => ({
        permType: permissionTypes[permission] ?? PermissionType.READ,
        key,
        rangeEnd,
      }));
      return { header: headers.header(), perm };
    },
    roleList: () => ({ header: headers.header(), roles: store.roles().map(({ name }) => displayText(name)) }),
    userAdd: refuse,
    userDelete: refuse,
    userChangePassword: refuse,
    userGrantRole: refuse,
    userRevokeRole: refuse,
    roleAdd: refuse,
    roleDelete: refuse,
    roleGrantPermission: refuse,
    roleRevokePermission: refuse,
  };
}

function permissionsOf(
  { name, permissions }: RoleRecord,
  { rootHasAllPermissions }: ReleaseWays,
): readonly KeyPermission[] {
  return rootHasAllPermissions && displayText(name) === 'root' ? [everything] : permissions;
}
