/**
 * Buckets `auth`, `authUsers` and `authRoles`.
 *
 * Source: etcd api/authpb/auth.proto, server/storage/schema/auth{,_users,_roles}.go (3.6.14).
 */
import { WireReader, WireWriter } from '../../base/index.ts';
import { decodingRecord, recordInvalid } from './record-fault.ts';

/** Decodes `auth/authEnabled`: one byte, 1 for on. Throws RECORD_INVALID. */
export function decodeAuthEnabled(bytes: Uint8Array): boolean {
  if (bytes.length !== 1 || bytes[0]! > 1) throw recordInvalid('auth/authEnabled', 'not a byte 0 or 1');
  return bytes[0] === 1;
}

export function encodeAuthEnabled(enabled: boolean): Uint8Array {
  return Uint8Array.of(enabled ? 1 : 0);
}

/** A row of `authUsers`. The password is bcrypt text: a secret, never to be printed. */
export interface UserRecord {
  readonly name: Uint8Array;
  readonly password: Uint8Array;
  readonly roles: readonly string[];
  /** Absent when the record has no options message. */
  readonly options?: { readonly noPassword: boolean };
}

export const permissionTypes = { read: 0, write: 1, readWrite: 2 } as const;

export interface KeyPermission {
  /** A value of `permissionTypes`, or a number that a newer etcd gave a meaning to. */
  readonly permission: number;
  readonly key: Uint8Array;
  /** Empty for one key; a single zero byte for "from key on". */
  readonly rangeEnd: Uint8Array;
}

/** A row of `authRoles`. */
export interface RoleRecord {
  readonly name: Uint8Array;
  readonly permissions: readonly KeyPermission[];
}

const nothing: Uint8Array = new Uint8Array(0);

/** Decodes a user; its bytes are views of the input. Throws RECORD_INVALID. */
export function decodeUser(bytes: Uint8Array): UserRecord {
  return decodingRecord('user', () => {
    const roles: string[] = [];
    let name: Uint8Array = nothing;
    let password: Uint8Array = nothing;
    let options: { noPassword: boolean } | undefined;
    const reader = new WireReader(bytes);
    while (!reader.done) {
      const { field, type } = reader.tag();
      if (field >= 1 && field <= 4) reader.expect(field, type, 2);
      if (field === 1) name = reader.bytes();
      else if (field === 2) password = reader.bytes();
      else if (field === 3) roles.push(reader.string());
      else if (field === 4) options = decodeUserOptions(reader.bytes());
      else reader.skip(type);
    }
    return { name, password, roles, ...(options === undefined ? {} : { options }) };
  });
}

function decodeUserOptions(bytes: Uint8Array): { noPassword: boolean } {
  let noPassword = false;
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { field, type } = reader.tag();
    if (field === 1) {
      reader.expect(field, type, 0);
      noPassword = reader.bool();
    } else reader.skip(type);
  }
  return { noPassword };
}

export function encodeUser(user: UserRecord): Uint8Array {
  const writer = new WireWriter();
  if (user.name.length > 0) writer.bytes(1, user.name);
  if (user.password.length > 0) writer.bytes(2, user.password);
  for (const role of user.roles) writer.string(3, role);
  if (user.options !== undefined) {
    const options = new WireWriter();
    if (user.options.noPassword) options.varint(1, true);
    writer.message(4, options);
  }
  return writer.finish();
}

/** Decodes a role; its bytes are views of the input. Throws RECORD_INVALID. */
export function decodeRole(bytes: Uint8Array): RoleRecord {
  return decodingRecord('role', () => {
    const permissions: KeyPermission[] = [];
    let name: Uint8Array = nothing;
    const reader = new WireReader(bytes);
    while (!reader.done) {
      const { field, type } = reader.tag();
      if (field === 1 || field === 2) reader.expect(field, type, 2);
      if (field === 1) name = reader.bytes();
      else if (field === 2) permissions.push(decodePermission(reader.bytes()));
      else reader.skip(type);
    }
    return { name, permissions };
  });
}

function decodePermission(bytes: Uint8Array): KeyPermission {
  const result = { permission: 0, key: nothing, rangeEnd: nothing };
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { field, type } = reader.tag();
    if (field >= 1 && field <= 3) reader.expect(field, type, field === 1 ? 0 : 2);
    if (field === 1) result.permission = reader.uint();
    else if (field === 2) result.key = reader.bytes();
    else if (field === 3) result.rangeEnd = reader.bytes();
    else reader.skip(type);
  }
  return result;
}

export function encodeRole(role: RoleRecord): Uint8Array {
  const writer = new WireWriter();
  if (role.name.length > 0) writer.bytes(1, role.name);
  for (const permission of role.permissions) {
    const message = new WireWriter();
    if (permission.permission !== 0) message.varint(1, permission.permission);
    if (permission.key.length > 0) message.bytes(2, permission.key);
    if (permission.rangeEnd.length > 0) message.bytes(3, permission.rangeEnd);
    writer.message(2, message);
  }
  return writer.finish();
}
