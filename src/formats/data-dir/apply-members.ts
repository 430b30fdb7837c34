/**
 * Changes of the membership and of what the cluster knows about itself, on top of a store.
 *
 * Source: etcd server/etcdserver/server.go applyConfChange, server/etcdserver/api/membership/cluster.go,
 * server/storage/schema/{membership,confstate}.go (3.6.14).
 */
import { hasCode, utf8 } from '../../base/index.ts';
import {
  clusterKeys,
  type ConfState,
  decodeConfState,
  decodeExactJson,
  decodeMember,
  encodeConfState,
  encodeDowngrade,
  encodeMember,
  encodeMemberKey,
  encodeVersionRecord,
  jsonObject,
  type MemberRecord,
  metaKeys,
  removedMemberValue,
} from '../mvcc/index.ts';
import { type ConfChange, confChangeTypes } from '../wal/index.ts';
import { compareIds } from './member-id.ts';
import type { OverlayStore } from './overlay-store.ts';
import type { MemberAttributes } from './raft-request.ts';

/** The members of a store, by id. Rows that do not decode are left out. */
export function readMembers(store: OverlayStore): Map<bigint, MemberRecord> {
  const members = new Map<bigint, MemberRecord>();
  for (const { value } of store.bucket('members')?.entries() ?? []) {
    try {
      const member = decodeMember(value);
      members.set(member.id, member);
    } catch (error) {
      // A damaged member is a finding of `verify`; the keys are worth having all the same.
      if (!hasCode(error, 'RECORD_INVALID')) throw error;
    }
  }
  return members;
}

/** Applies a membership change; one that etcd would refuse changes nothing. Throws RECORD_INVALID. */
export function applyConfChange(store: OverlayStore, change: ConfChange): void {
  const members = readMembers(store);
  if (store.bucket('members_removed')?.get(encodeMemberKey(change.nodeId)) !== undefined) return;
  switch (change.type) {
    case confChangeTypes.addNode:
    case confChangeTypes.addLearnerNode:
      addOrPromote(store, members, change);
      return;
    case confChangeTypes.removeNode:
      removeMember(store, members, change.nodeId);
      return;
    case confChangeTypes.updateNode:
      updatePeerUrls(store, members, change);
      return;
  }
}

function addOrPromote(store: OverlayStore, members: Map<bigint, MemberRecord>, change: ConfChange): void {
  const context = decodeExactJson(change.context, 'membership change');
  const isPromotion = jsonObject(context, 'membership change')['isPromote'] === true;
  const known = members.get(change.nodeId);
  if (isPromotion) {
    if (known?.isLearner !== true) return;
    putMember(store, { ...known, isLearner: false });
  } else {
    const member = decodeMember(change.context);
    if (known !== undefined || urlsAreTaken(members, member)) return;
    putMember(store, member);
  }
  changeConfState(store, change);
}

function removeMember(store: OverlayStore, members: Map<bigint, MemberRecord>, id: bigint): void {
  if (!members.has(id)) return;
  store.ensureBucket('members').delete(encodeMemberKey(id));
  store.ensureBucket('members_removed').put(encodeMemberKey(id), removedMemberValue);
  changeConfState(store, { type: confChangeTypes.removeNode, nodeId: id });
}

function updatePeerUrls(store: OverlayStore, members: Map<bigint, MemberRecord>, change: ConfChange): void {
  const known = members.get(change.nodeId);
  const update = decodeMember(change.context);
  if (known === undefined || urlsAreTaken(members, update)) return;
  putMember(store, { ...known, peerUrls: update.peerUrls });
}

function urlsAreTaken(members: Map<bigint, MemberRecord>, newcomer: MemberRecord): boolean {
  const others = [...members.values()].filter(({ id }) => id !== newcomer.id);
  const taken = new Set(others.flatMap(({ peerUrls }) => peerUrls));
  return newcomer.peerUrls.some((url) => taken.has(url));
}

/** Name and client URLs, which a member publishes when it starts. */
export function applyMemberAttributes(store: OverlayStore, attributes: MemberAttributes): void {
  const known = readMembers(store).get(attributes.memberId);
  if (known === undefined) return;
  putMember(store, { ...known, name: attributes.name, clientUrls: attributes.clientUrls });
}

export function applyClusterVersion(store: OverlayStore, version: string): void {
  store.ensureBucket('cluster').put(utf8(clusterKeys.clusterVersion), encodeVersionRecord(version));
}

export function applyDowngrade(store: OverlayStore, enabled: boolean, version: string): void {
  const record = encodeDowngrade({ enabled, targetVersion: enabled ? version : '' });
  store.ensureBucket('cluster').put(utf8(clusterKeys.downgrade), record);
}

function putMember(store: OverlayStore, member: MemberRecord): void {
  store.ensureBucket('members').put(encodeMemberKey(member.id), encodeMember(member));
}

/** `meta/confState` follows where it is kept: from 3.5 on. */
function changeConfState(store: OverlayStore, { type, nodeId }: Pick<ConfChange, 'type' | 'nodeId'>): void {
  const key = utf8(metaKeys.confState);
  const row = store.bucket('meta')?.get(key);
  if (row === undefined) return;
  const before = decodeConfState(row);
  const others = (ids: readonly bigint[]) => ids.filter((id) => id !== nodeId);
  const having = (ids: readonly bigint[], wanted: boolean) =>
    wanted ? [...others(ids), nodeId].sort(compareIds) : others(ids);
  const after: ConfState = {
    ...before,
    voters: having(before.voters, type === confChangeTypes.addNode),
    learners: having(before.learners, type === confChangeTypes.addLearnerNode),
  };
  store.ensureBucket('meta').put(key, encodeConfState(after));
}
