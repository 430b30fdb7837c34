/**
 * Buckets `members` and `members_removed`, beside the raft configuration in `meta/confState`.
 *
 * etcd 3.4 and 3.5 take their members from elsewhere, so mistakes here stay unseen until 3.6 believes these buckets.
 * A restore by holdfast or by etcdutl writes them anew, so nothing here is in the way of one.
 *
 * Sources: etcd issues 19557 (lost learner promotion, fixed in 3.5.20) and 20967 (zombie members, fixed in 3.5.26).
 */
import { compareBytes, utf8 } from '../../base/index.ts';
import {
  type ConfState,
  decodeConfState,
  decodeMember,
  decodeMemberKey,
  formatMemberId,
  type KeyValueStoreFile,
  type MemberRecord,
  metaKeys,
  removedMemberValue,
} from '../../formats/mvcc/index.ts';
import { counted, FindingLog, type VerifyCheck } from './check-report.ts';
import { locateIn } from './row-location.ts';

type Members = ReadonlyMap<bigint, MemberRecord>;

export function checkMembers(store: KeyValueStoreFile): VerifyCheck {
  const log = new FindingLog();
  let members: Members = new Map();
  log.guard(() => {
    members = readMembers(store, log);
    checkRemoved(store, members, log);
    const namesKept = keepsNames(store);
    for (const member of members.values()) checkMember(member, namesKept, log);
    checkDuplicates(members, log);
    const confState = readConfState(store);
    if (confState !== undefined && members.size > 0) compareConfiguration(members, confState, log);
  });
  return log.check('members', counted(members.size, 'member'));
}

function readMembers(store: KeyValueStoreFile, log: FindingLog): Members {
  const members = new Map<bigint, MemberRecord>();
  for (const { key, value } of store.bucket('members')?.entries() ?? []) {
    log.guard(() => {
      const id = decodeMemberKey(key);
      const member = decodeMember(value);
      members.set(id, member);
      if (member.id === id) return;
      log.fail('member-id', 'a member has another id than its row', locateIn('members', key));
    });
  }
  return members;
}

function checkRemoved(store: KeyValueStoreFile, members: Members, log: FindingLog): void {
  for (const { key, value } of store.bucket('members_removed')?.entries() ?? []) {
    log.guard(() => {
      const id = decodeMemberKey(key);
      if (compareBytes(value, removedMemberValue) !== 0) {
        log.warn(
          'member-removed-value',
          'a removed member has an unknown mark',
          locateIn('members_removed', key),
        );
      }
      if (!members.has(id)) return;
      const message = `member ${formatMemberId(id)} was removed and is still listed: etcd 3.6 may count it in again`;
      log.warn('member-removed-but-listed', message, { member: formatMemberId(id) });
    });
  }
}

/** etcd 3.5 (seen in 3.5.16) does not write to this bucket what a member tells about itself when it starts. */
function keepsNames(store: KeyValueStoreFile): boolean {
  const meta = store.bucket('meta');
  const has = (key: string) => meta?.get(utf8(key)) !== undefined;
  return has(metaKeys.storageVersion) || !has(metaKeys.term);
}

function checkMember(member: MemberRecord, namesKept: boolean, log: FindingLog): void {
  const id = formatMemberId(member.id);
  if (member.name === '' && namesKept) {
    const message = `member ${id} has no name: it was added and has never started`;
    log.warn('member-never-started', message, { member: id });
  } else if (member.name === '') {
    log.note('member-without-name', `the name of member ${id} is not in the file`, { member: id });
  }
  if (member.peerUrls.length === 0) {
    log.warn('member-without-url', `member ${id} has no peer URL`, { member: id });
  }
}

/** Two members never share a name or a peer URL, unless one is left from before a restore. */
function checkDuplicates(members: Members, log: FindingLog): void {
  const owners = new Map<string, bigint>();
  for (const member of members.values()) {
    const names = member.name === '' ? [] : [`name ${member.name}`];
    for (const text of [...names, ...member.peerUrls.map((url) => `peer URL ${url}`)]) {
      const other = owners.get(text);
      owners.set(text, member.id);
      if (other === undefined || other === member.id) continue;
      const [a, b] = [formatMemberId(other), formatMemberId(member.id)];
      const message = `members ${a} and ${b} share ${text}: one is left from before a restore by etcdctl 3.4`;
      log.warn('member-duplicate', message, { member: b, other: a });
      break;
    }
  }
}

function readConfState(store: KeyValueStoreFile): ConfState | undefined {
  const bytes = store.bucket('meta')?.get(utf8(metaKeys.confState));
  return bytes === undefined ? undefined : decodeConfState(bytes);
}

function compareConfiguration(members: Members, state: ConfState, log: FindingLog): void {
  const voters = new Set([...state.voters, ...state.votersOutgoing]);
  const learners = new Set([...state.learners, ...state.learnersNext]);
  const configured = new Set([...voters, ...learners]);
  if (![...members.keys()].some((id) => configured.has(id))) {
    // A restore leaves the old cluster's configuration in place until the next change of membership.
    log.note('configuration-older', 'the raft configuration is still that of the cluster before a restore');
    return;
  }
  for (const { id, isLearner } of members.values()) {
    const member = formatMemberId(id);
    if (!configured.has(id)) {
      const message = `member ${member} is not in the raft configuration: left over, or the file was restored since`;
      log.warn('member-zombie', message, { member });
    } else if (isLearner && voters.has(id)) {
      const message = `member ${member} votes but is listed as a learner: its promotion was lost (etcd before 3.5.20)`;
      log.warn('learner-promotion-lost', message, { member });
    } else if (isLearner) {
      log.note('member-learner', `member ${member} is a learner`, { member });
    }
  }
  for (const id of configured) {
    if (members.has(id)) continue;
    const member = formatMemberId(id);
    const message = `member ${member} of the raft configuration is not listed: lost, or the file was restored since`;
    log.warn('member-unlisted', message, { member });
  }
}
