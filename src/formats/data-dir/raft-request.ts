/**
 * What a normal raft entry asks the state machine to do: protobuf InternalRaftRequest, one field a kind of request.
 *
 * Source: etcd api/etcdserverpb/{raft_internal,rpc}.proto, api/membershippb/membership.proto (3.5.21, 3.6.14, 3.7.1);
 * etcdserver/etcdserverpb/{raft_internal,etcdserver}.proto (3.4.13). Field numbers are the same wherever they exist.
 */
import { hasCode, HoldfastError, utf8 } from '../../base/index.ts';
import { decodeExactJson, decodeRole, jsonObject, type KeyPermission } from '../mvcc/index.ts';
import {
  boolField,
  bytesField,
  enumField,
  type Field,
  int64Field,
  readFields,
  stringField,
  uint64Field,
} from './fields.ts';
import {
  decodeDeleteRangeRequest,
  decodePutRequest,
  decodeTxnRequest,
  type DeleteRangeRequest,
  type PutRequest,
  type TxnRequest,
} from './kv-requests.ts';

/** Who asked, when auth was on. */
export interface RequestHeader {
  readonly username: string;
  readonly authRevision: bigint;
}

export type RaftRequest =
  | { readonly kind: 'put'; readonly put: PutRequest }
  | { readonly kind: 'deleteRange'; readonly deleteRange: DeleteRangeRequest }
  | { readonly kind: 'txn'; readonly txn: TxnRequest }
  | { readonly kind: 'compaction'; readonly revision: bigint }
  | { readonly kind: 'leaseGrant'; readonly id: bigint; readonly ttlSeconds: bigint }
  | { readonly kind: 'leaseRevoke'; readonly id: bigint }
  | { readonly kind: 'leaseCheckpoint'; readonly checkpoints: readonly LeaseCheckpoint[] }
  | { readonly kind: 'alarm'; readonly action: number; readonly memberId: bigint; readonly alarm: number }
  | { readonly kind: 'auth'; readonly auth: AuthRequest }
  | { readonly kind: 'clusterVersion'; readonly version: string }
  | { readonly kind: 'memberAttributes'; readonly attributes: MemberAttributes }
  | { readonly kind: 'downgrade'; readonly enabled: boolean; readonly version: string }
  /** Reads, log-ins and the like, which change nothing that is stored. */
  | { readonly kind: 'noEffect' };

export interface LeaseCheckpoint {
  readonly id: bigint;
  readonly remainingTtlSeconds: bigint;
}

export const alarmActions = { get: 0, activate: 1, deactivate: 2 } as const;

export interface MemberAttributes {
  readonly memberId: bigint;
  readonly name: string;
  readonly clientUrls: readonly string[];
}

export type AuthRequest =
  | { readonly kind: 'enable' }
  | { readonly kind: 'disable' }
  | {
      readonly kind: 'userAdd';
      readonly name: string;
      readonly password: NewPassword;
      readonly noPassword: boolean;
    }
  | { readonly kind: 'userDelete'; readonly name: string }
  | { readonly kind: 'userChangePassword'; readonly name: string; readonly password: NewPassword }
  | { readonly kind: 'userGrantRole'; readonly name: string; readonly role: string }
  | { readonly kind: 'userRevokeRole'; readonly name: string; readonly role: string }
  | { readonly kind: 'roleAdd'; readonly role: string }
  | { readonly kind: 'roleDelete'; readonly role: string }
  | {
      readonly kind: 'roleGrantPermission';
      readonly role: string;
      readonly permission: KeyPermission | undefined;
    }
  | {
      readonly kind: 'roleRevokePermission';
      readonly role: string;
      readonly key: Uint8Array;
      readonly rangeEnd: Uint8Array;
    };

export interface NewPassword {
  /** Base64 of the bcrypt text: what 3.5 and later send. Empty otherwise. */
  readonly hashed: string;
  /** Whether a plain-text password came along, as from 3.4, which hashes it anew on every member. */
  readonly isPlain: boolean;
}

export interface DecodedRequest {
  readonly header: RequestHeader;
  readonly request: RaftRequest;
}

const noHeader: RequestHeader = { username: '', authRevision: 0n };
const noEffect: RaftRequest = { kind: 'noEffect' };
const none: Uint8Array = new Uint8Array(0);

/**
 * Decodes the data of a normal entry; bytes are views of the input. Entries of the old v2 API, which 3.4 still uses for
 * member names and the cluster version, become what newer servers send for the same. Throws RECORD_INVALID.
 */
export function decodeRaftRequest(data: Uint8Array): DecodedRequest {
  if (data.length === 0) return { header: noHeader, request: noEffect };
  try {
    return decodeInternal(data);
  } catch (error) {
    if (!hasCode(error, 'RECORD_INVALID')) throw error;
    return { header: noHeader, request: decodeBareV2(data, error) };
  }
}

/** 3.4 tells the two apart the same way: what is no InternalRaftRequest must be a v2 request. */
function decodeBareV2(data: Uint8Array, asInternal: HoldfastError): RaftRequest {
  try {
    return decodeV2Request(data);
  } catch (error) {
    throw hasCode(error, 'RECORD_INVALID') ? asInternal : error;
  }
}

function decodeInternal(data: Uint8Array): DecodedRequest {
  let header = noHeader;
  let request = noEffect;
  const to = (decode: (bytes: Uint8Array) => RaftRequest): Field =>
    bytesField((bytes) => {
      request = decode(bytes);
    });
  const toAuth = (decode: (bytes: Uint8Array) => AuthRequest): Field =>
    to((bytes) => ({ kind: 'auth', auth: decode(bytes) }));
  readFields(data, {
    2: to(decodeV2Request),
    4: to((bytes) => ({ kind: 'put', put: decodePutRequest(bytes) })),
    5: to((bytes) => ({ kind: 'deleteRange', deleteRange: decodeDeleteRangeRequest(bytes) })),
    6: to((bytes) => ({ kind: 'txn', txn: decodeTxnRequest(bytes) })),
    7: to((bytes) => ({ kind: 'compaction', revision: decodeInt64s(bytes)[0] })),
    8: to(decodeLeaseGrant),
    9: to((bytes) => ({ kind: 'leaseRevoke', id: decodeInt64s(bytes)[0] })),
    10: to(decodeAlarm),
    11: to(decodeLeaseCheckpoints),
    100: bytesField((bytes) => (header = decodeHeader(bytes))),
    1000: toAuth(() => ({ kind: 'enable' })),
    1011: toAuth(() => ({ kind: 'disable' })),
    1100: toAuth(decodeUserAdd),
    1101: toAuth((bytes) => ({ kind: 'userDelete', name: decodeStrings(bytes)[0] })),
    1103: toAuth(decodeUserChangePassword),
    1104: toAuth((bytes) => userRole('userGrantRole', bytes)),
    1105: toAuth((bytes) => userRole('userRevokeRole', bytes)),
    1200: toAuth((bytes) => ({ kind: 'roleAdd', role: decodeStrings(bytes)[0] })),
    1201: toAuth((bytes) => ({ kind: 'roleDelete', role: decodeStrings(bytes)[0] })),
    1203: toAuth(decodeRoleGrant),
    1204: toAuth(decodeRoleRevoke),
    1300: to((bytes) => ({ kind: 'clusterVersion', version: decodeStrings(bytes)[0] })),
    1301: to(decodeMemberAttributes),
    1302: to(decodeDowngradeInfo),
  });
  return { header, request };
}

function decodeHeader(bytes: Uint8Array): RequestHeader {
  const header = { username: '', authRevision: 0n };
  readFields(bytes, {
    2: stringField((value) => (header.username = value)),
    3: uint64Field((value) => (header.authRevision = value)),
  });
  return header;
}

/** Fields 1 and 2 as int64. */
function decodeInt64s(bytes: Uint8Array): [bigint, bigint] {
  const values: [bigint, bigint] = [0n, 0n];
  readFields(bytes, {
    1: int64Field((value) => (values[0] = value)),
    2: int64Field((value) => (values[1] = value)),
  });
  return values;
}

/** Fields 1 and 2 as text. */
function decodeStrings(bytes: Uint8Array): [string, string] {
  const values: [string, string] = ['', ''];
  readFields(bytes, {
    1: stringField((value) => (values[0] = value)),
    2: stringField((value) => (values[1] = value)),
  });
  return values;
}

function decodeLeaseGrant(bytes: Uint8Array): RaftRequest {
  const [ttlSeconds, id] = decodeInt64s(bytes);
  return { kind: 'leaseGrant', id, ttlSeconds };
}

function decodeLeaseCheckpoints(bytes: Uint8Array): RaftRequest {
  const checkpoints: LeaseCheckpoint[] = [];
  readFields(bytes, {
    1: bytesField((value) => {
      const [id, remainingTtlSeconds] = decodeInt64s(value);
      checkpoints.push({ id, remainingTtlSeconds });
    }),
  });
  return { kind: 'leaseCheckpoint', checkpoints };
}

function decodeAlarm(bytes: Uint8Array): RaftRequest {
  const request = { kind: 'alarm' as const, action: 0, memberId: 0n, alarm: 0 };
  readFields(bytes, {
    1: enumField((value) => (request.action = value)),
    2: uint64Field((value) => (request.memberId = value)),
    3: enumField((value) => (request.alarm = value)),
  });
  return request;
}

function decodeUserAdd(bytes: Uint8Array): AuthRequest {
  const user = { name: '', plain: '', hashed: '', noPassword: false };
  readFields(bytes, {
    1: stringField((value) => (user.name = value)),
    2: stringField((value) => (user.plain = value)),
    3: bytesField((options) => {
      readFields(options, { 1: boolField((value) => (user.noPassword = value)) });
    }),
    4: stringField((value) => (user.hashed = value)),
  });
  const { name, noPassword } = user;
  return { kind: 'userAdd', name, noPassword, password: newPassword(user) };
}

function decodeUserChangePassword(bytes: Uint8Array): AuthRequest {
  const user = { name: '', plain: '', hashed: '' };
  readFields(bytes, {
    1: stringField((value) => (user.name = value)),
    2: stringField((value) => (user.plain = value)),
    3: stringField((value) => (user.hashed = value)),
  });
  return { kind: 'userChangePassword', name: user.name, password: newPassword(user) };
}

/** The plain text itself goes no further than here. */
function newPassword({ plain, hashed }: { plain: string; hashed: string }): NewPassword {
  return { hashed, isPlain: plain !== '' && hashed === '' };
}

function userRole(kind: 'userGrantRole' | 'userRevokeRole', bytes: Uint8Array): AuthRequest {
  const [name, role] = decodeStrings(bytes);
  return { kind, name, role };
}

function decodeRoleGrant(bytes: Uint8Array): AuthRequest {
  let role = '';
  let permission: KeyPermission | undefined;
  readFields(bytes, {
    1: stringField((value) => (role = value)),
    // A stored role has its permissions in the same field.
    2: bytesField(() => (permission = decodeRole(bytes).permissions.at(-1))),
  });
  return { kind: 'roleGrantPermission', role, permission };
}

function decodeRoleRevoke(bytes: Uint8Array): AuthRequest {
  const request = { kind: 'roleRevokePermission' as const, role: '', key: none, rangeEnd: none };
  readFields(bytes, {
    1: stringField((value) => (request.role = value)),
    2: bytesField((value) => (request.key = value)),
    3: bytesField((value) => (request.rangeEnd = value)),
  });
  return request;
}

function decodeMemberAttributes(bytes: Uint8Array): RaftRequest {
  const attributes = { memberId: 0n, name: '', clientUrls: [] as string[] };
  readFields(bytes, {
    1: uint64Field((value) => (attributes.memberId = value)),
    2: bytesField((inner) => {
      readFields(inner, {
        1: stringField((value) => (attributes.name = value)),
        2: stringField((value) => attributes.clientUrls.push(value)),
      });
    }),
  });
  return { kind: 'memberAttributes', attributes };
}

function decodeDowngradeInfo(bytes: Uint8Array): RaftRequest {
  const request = { kind: 'downgrade' as const, enabled: false, version: '' };
  readFields(bytes, {
    1: boolField((value) => (request.enabled = value)),
    2: stringField((value) => (request.version = value)),
  });
  return request;
}

const memberAttributesPath = /^\/0\/members\/([0-9a-f]{1,16})\/attributes$/i;

const v2Methods = ['DELETE', 'GET', 'HEAD', 'POST', 'PUT', 'QGET', 'SYNC'];

/** A request of the v2 API: 1 ID, 2 Method, 3 Path, 4 Val. Only two paths concern what the database holds. */
function decodeV2Request(bytes: Uint8Array): RaftRequest {
  const request = { method: '', path: '', value: '' };
  readFields(bytes, {
    1: uint64Field(() => {}),
    2: stringField((value) => (request.method = value)),
    3: stringField((value) => (request.path = value)),
    4: stringField((value) => (request.value = value)),
  });
  // Nearly any message passes for one with only unknown fields: the method tells.
  if (!v2Methods.includes(request.method)) {
    throw new HoldfastError('RECORD_INVALID', 'a v2 request without a method');
  }
  if (request.method !== 'PUT') return noEffect;
  if (request.path === '/0/version') return { kind: 'clusterVersion', version: request.value };
  const id = memberAttributesPath.exec(request.path)?.[1];
  if (id === undefined) return noEffect;
  return { kind: 'memberAttributes', attributes: parseAttributes(BigInt(`0x${id}`), request.value) };
}

function parseAttributes(memberId: bigint, json: string): MemberAttributes {
  const record = 'attributes of a member';
  const attributes = jsonObject(decodeExactJson(utf8(json), record), record);
  const { name, clientURLs } = attributes;
  const isText = (value: unknown): value is string => typeof value === 'string';
  return {
    memberId,
    name: isText(name) ? name : '',
    clientUrls: Array.isArray(clientURLs) ? clientURLs.filter(isText) : [],
  };
}
