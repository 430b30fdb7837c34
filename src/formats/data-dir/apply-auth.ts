/**
 * Changes of users and roles on top of a store.
 *
 * Source: etcd server/auth/store.go (3.6.14); auth/store.go (3.4.13), which hashes plain passwords on each member.
 */
import { compareBytes, equalBytes, utf8 } from '../../base/index.ts';
import {
  authKeys,
  decodeRole,
  decodeUser,
  encodeAuthEnabled,
  encodeRole,
  encodeUint64Record,
  encodeUser,
  type KeyPermission,
  type RoleRecord,
  type UserRecord,
} from '../mvcc/index.ts';
import type { OverlayStore } from './overlay-store.ts';
import { authRevision, isAuthEnabled, readUser, rootName } from './permissions.ts';
import type { AuthRequest, NewPassword } from './raft-request.ts';

/** Users whose new password cannot be known: it came in plain text, and a server stores a salted hash of its own. */
export type OnLostPassword = (user: string) => void;

/** Applies a change of users or roles; one that etcd would refuse changes nothing. */
export function applyAuth(store: OverlayStore, request: AuthRequest, onLostPassword: OnLostPassword): void {
  if (request.kind === 'enable') enable(store);
  else if (request.kind === 'disable') disable(store);
  else if (changeRecords(store, request, onLostPassword)) bumpRevision(store);
}

function enable(store: OverlayStore): void {
  if (isAuthEnabled(store) || readUser(store, rootName)?.roles.includes(rootName) !== true) return;
  store.ensureBucket('auth').put(utf8(authKeys.enabled), encodeAuthEnabled(true));
}

function disable(store: OverlayStore): void {
  if (!isAuthEnabled(store)) return;
  store.ensureBucket('auth').put(utf8(authKeys.enabled), encodeAuthEnabled(false));
  bumpRevision(store);
}

function bumpRevision(store: OverlayStore): void {
  store.ensureBucket('auth').put(utf8(authKeys.revision), encodeUint64Record(authRevision(store) + 1n));
}

type RecordRequest = Exclude<AuthRequest, { kind: 'enable' | 'disable' }>;

/** Whether anything was changed. */
function changeRecords(store: OverlayStore, request: RecordRequest, onLostPassword: OnLostPassword): boolean {
  switch (request.kind) {
    case 'userAdd':
      return addUser(store, request, onLostPassword);
    case 'userDelete':
      return deleteUser(store, request.name);
    case 'userChangePassword':
      return changePassword(store, request.name, request.password, onLostPassword);
    case 'userGrantRole':
      return grantRole(store, request.name, request.role);
    case 'userRevokeRole':
      return revokeRole(store, request.name, request.role);
    case 'roleAdd':
      return addRole(store, request.role);
    case 'roleDelete':
      return deleteRole(store, request.role);
    case 'roleGrantPermission':
      return grantPermission(store, request.role, request.permission);
    case 'roleRevokePermission':
      return revokePermission(store, request);
  }
}

function putUser(store: OverlayStore, user: UserRecord): true {
  store.ensureBucket('authUsers').put(user.name, encodeUser(user));
  return true;
}

function addUser(
  store: OverlayStore,
  { name, noPassword, password }: Extract<AuthRequest, { kind: 'userAdd' }>,
  onLostPassword: OnLostPassword,
): boolean {
  if (name === '' || readUser(store, name) !== undefined) return false;
  const stored = noPassword ? new Uint8Array(0) : storedPassword(name, password, onLostPassword);
  return putUser(store, { name: utf8(name), password: stored, roles: [], options: { noPassword } });
}

function deleteUser(store: OverlayStore, name: string): boolean {
  if (isAuthEnabled(store) && name === rootName) return false;
  if (readUser(store, name) === undefined) return false;
  store.ensureBucket('authUsers').delete(utf8(name));
  return true;
}

function changePassword(
  store: OverlayStore,
  name: string,
  password: NewPassword,
  onLostPassword: OnLostPassword,
): boolean {
  const user = readUser(store, name);
  if (user === undefined) return false;
  const keepsNone = user.options?.noPassword === true;
  const stored = keepsNone ? new Uint8Array(0) : storedPassword(name, password, onLostPassword);
  return putUser(store, { ...user, password: stored });
}

function storedPassword(name: string, password: NewPassword, onLostPassword: OnLostPassword): Uint8Array {
  if (password.isPlain) onLostPassword(name);
  return new Uint8Array(Buffer.from(password.hashed, 'base64'));
}

function grantRole(store: OverlayStore, name: string, role: string): boolean {
  const user = readUser(store, name);
  if (user === undefined || user.roles.includes(role)) return false;
  if (role !== rootName && readRole(store, role) === undefined) return false;
  const roles = [...user.roles, role].sort((a, b) => compareBytes(utf8(a), utf8(b)));
  return putUser(store, { ...user, roles });
}

function revokeRole(store: OverlayStore, name: string, role: string): boolean {
  if (isAuthEnabled(store) && name === rootName && role === rootName) return false;
  const user = readUser(store, name);
  if (user?.roles.includes(role) !== true) return false;
  return putUser(store, { ...user, roles: user.roles.filter((other) => other !== role) });
}

function readRole(store: OverlayStore, name: string): RoleRecord | undefined {
  const value = store.bucket('authRoles')?.get(utf8(name));
  return value === undefined ? undefined : decodeRole(value);
}

function putRole(store: OverlayStore, role: RoleRecord): true {
  store.ensureBucket('authRoles').put(role.name, encodeRole(role));
  return true;
}

function addRole(store: OverlayStore, name: string): boolean {
  if (name === '' || readRole(store, name) !== undefined) return false;
  return putRole(store, { name: utf8(name), permissions: [] });
}

function deleteRole(store: OverlayStore, name: string): boolean {
  if (isAuthEnabled(store) && name === rootName) return false;
  if (readRole(store, name) === undefined) return false;
  store.ensureBucket('authRoles').delete(utf8(name));
  for (const { value } of [...(store.bucket('authUsers')?.entries() ?? [])]) {
    const user = decodeUser(value);
    if (user.roles.includes(name))
      putUser(store, { ...user, roles: user.roles.filter((other) => other !== name) });
  }
  return true;
}

function grantPermission(store: OverlayStore, name: string, permission: KeyPermission | undefined): boolean {
  const role = readRole(store, name);
  if (role === undefined || permission === undefined) return false;
  const others = role.permissions.filter((other) => !isSameRange(other, permission));
  if (others.length < role.permissions.length) {
    const changed = role.permissions.map((other) => (isSameRange(other, permission) ? permission : other));
    return putRole(store, { ...role, permissions: changed });
  }
  if (!isValidRange(permission)) return false;
  const permissions = [...others, permission].sort((a, b) => compareBytes(a.key, b.key));
  return putRole(store, { ...role, permissions });
}

function revokePermission(
  store: OverlayStore,
  request: Extract<AuthRequest, { kind: 'roleRevokePermission' }>,
): boolean {
  const role = readRole(store, request.role);
  if (role === undefined) return false;
  const permissions = role.permissions.filter((other) => !isSameRange(other, request));
  if (permissions.length === role.permissions.length) return false;
  return putRole(store, { ...role, permissions });
}

type KeyBounds = Pick<KeyPermission, 'key' | 'rangeEnd'>;

function isSameRange(a: KeyBounds, b: KeyBounds): boolean {
  return equalBytes(a.key, b.key) && equalBytes(a.rangeEnd, b.rangeEnd);
}

function isValidRange({ key, rangeEnd }: KeyBounds): boolean {
  if (key.length === 0) return false;
  if (rangeEnd.length === 0 || (rangeEnd.length === 1 && rangeEnd[0] === 0)) return true;
  return compareBytes(key, rangeEnd) < 0;
}
