/**
 * Buckets `members`, `members_removed` and `cluster`.
 *
 * Source: etcd server/storage/schema/membership.go, server/etcdserver/api/membership/member.go (3.6.14);
 * server/etcdserver/api/membership/store.go (3.4.23).
 */
import { displayText, utf8 } from '../../base/index.ts';
import {
  decodeExactJson,
  formatGoJsonString,
  jsonList,
  jsonObject,
  jsonString,
  jsonUint64,
} from './exact-json.ts';
import { recordInvalid } from './record-fault.ts';

export interface MemberRecord {
  readonly id: bigint;
  readonly peerUrls: readonly string[];
  readonly isLearner: boolean;
  /** Empty until the member has started for the first time. */
  readonly name: string;
  /** Empty until the member has started for the first time. */
  readonly clientUrls: readonly string[];
}

/** The value of every row of `members_removed`. */
export const removedMemberValue: Uint8Array = utf8('removed');

/** A member or cluster id as etcd writes it everywhere: lower-case hex without leading zeros. */
export function formatMemberId(id: bigint): string {
  return id.toString(16);
}

/** Row key of a member in `members` and `members_removed`. */
export function encodeMemberKey(id: bigint): Uint8Array {
  return utf8(formatMemberId(id));
}

/** Throws RECORD_INVALID. */
export function decodeMemberKey(key: Uint8Array): bigint {
  const text = displayText(key.subarray(0, 32));
  if (!/^[0-9a-f]{1,16}$/.test(text)) throw recordInvalid('member', 'its key is not a member id in hex');
  return BigInt(`0x${text}`);
}

/** Decodes a row of `members`. Throws RECORD_INVALID. */
export function decodeMember(bytes: Uint8Array): MemberRecord {
  const record = 'member';
  const json = jsonObject(decodeExactJson(bytes, record), record);
  const texts = (value: unknown) => jsonList(value, record, (text) => jsonString(text, record));
  return {
    id: jsonUint64(json['id'], record),
    peerUrls: texts(json['peerURLs']),
    isLearner: json['isLearner'] === true,
    name: json['name'] === undefined ? '' : jsonString(json['name'], record),
    clientUrls: texts(json['clientURLs']),
  };
}

/** Encodes a member as etcd's JSON: fixed key order, empty fields left out except the first two. */
export function encodeMember(member: MemberRecord): Uint8Array {
  const list = (texts: readonly string[]) => `[${texts.map(formatGoJsonString).join(',')}]`;
  const parts = [`"id":${member.id}`, `"peerURLs":${list(member.peerUrls)}`];
  if (member.isLearner) parts.push('"isLearner":true');
  if (member.name !== '') parts.push(`"name":${formatGoJsonString(member.name)}`);
  if (member.clientUrls.length > 0) parts.push(`"clientURLs":${list(member.clientUrls)}`);
  return utf8(`{${parts.join(',')}}`);
}

/** The record `cluster/downgrade`. */
export interface DowngradeRecord {
  /** Empty when no downgrade was ever asked for. */
  readonly targetVersion: string;
  readonly enabled: boolean;
}

/** Throws RECORD_INVALID. */
export function decodeDowngrade(bytes: Uint8Array): DowngradeRecord {
  const record = 'cluster/downgrade';
  const json = jsonObject(decodeExactJson(bytes, record), record);
  const target = json['target-version'];
  return {
    targetVersion: target === undefined ? '' : jsonString(target, record),
    enabled: json['enabled'] === true,
  };
}

export function encodeDowngrade(downgrade: DowngradeRecord): Uint8Array {
  return utf8(
    `{"target-version":${formatGoJsonString(downgrade.targetVersion)},"enabled":${downgrade.enabled}}`,
  );
}
