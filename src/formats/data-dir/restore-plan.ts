/**
 * What `snapshot restore` changes: the rows of the database, the first WAL segment and the `.snap` file.
 *
 * Source: etcd etcdutl/snapshot/v3_snapshot.go (3.5.30, 3.6.14).
 */
import { HoldfastError, utf8 } from '../../base/index.ts';
import type { BucketEdits } from '../bbolt/index.ts';
import {
  encodeCompactionMark,
  encodeMember,
  encodeMemberKey,
  encodeRevision,
  encodeUint64Record,
  metaKeys,
} from '../mvcc/index.ts';
import { buildV2Store, encodeSnapFile, formatSnapName } from '../raft-snapshot/index.ts';
import {
  buildRestoreWal,
  confStateOfVoters,
  formatWalSegmentName,
  walSegmentSizeBytes,
} from '../wal/index.ts';
import type { Membership } from './membership.ts';

export interface RestorePlanOptions {
  readonly membership: Membership;
  /** Set for `--bump-revision N --mark-compacted`. */
  readonly bump?: RevisionBump;
}

export interface RevisionBump {
  /** Main revision of the last row of bucket `key`; 0 when it is empty. */
  readonly latestRevision: bigint;
  /** How much to add; above 0. */
  readonly amount: bigint;
}

export interface RestorePlan {
  /** Raft index that the restored state stands for: the number of members. */
  readonly index: bigint;
  /** Raft term of the restored log: 1. */
  readonly term: bigint;
  /** Main revision after the bump, when there is one. */
  readonly bumpedRevision: bigint | undefined;
  readonly wal: { readonly name: string; readonly bytes: Uint8Array; readonly sizeBytes: number };
  readonly snap: { readonly name: string; readonly bytes: Uint8Array };
  /** Edits of the database, one commit. Buckets that are named and missing are to be created. */
  readonly edits: readonly BucketEdits[];
}

const maximumRevision = 0x7fff_ffff_ffff_ffffn;

/** Assembles everything that a restore writes besides the copy. Throws USAGE when the bump passes 2^63-1. */
export function buildRestorePlan(options: RestorePlanOptions): RestorePlan {
  const { members, self, clusterId } = options.membership;
  const index = BigInt(members.length);
  const term = 1n;
  const confState = confStateOfVoters(members.map(({ id }) => id));
  const rows = members.map(({ id, name, peerUrls }) => {
    return { id, json: encodeMember({ id, name, peerUrls, isLearner: false, clientUrls: [] }) };
  });
  const bumpedRevision = options.bump && bumped(options.bump);
  return {
    index,
    term,
    bumpedRevision,
    wal: {
      name: formatWalSegmentName(0n, 0n),
      bytes: buildRestoreWal({ nodeId: self.id, clusterId, members: rows }),
      sizeBytes: walSegmentSizeBytes,
    },
    snap: {
      name: formatSnapName(term, index),
      bytes: encodeSnapFile({ data: buildV2Store({ members }), metadata: { confState, index, term } }),
    },
    edits: [
      ...bumpEdits(bumpedRevision),
      {
        bucket: utf8('members'),
        clear: true,
        put: rows.map(({ id, json }) => ({ key: encodeMemberKey(id), value: json })),
      },
      { bucket: utf8('members_removed'), clear: true },
      { bucket: utf8('cluster') },
      { bucket: utf8('meta'), put: metaRows(index, term, bumpedRevision) },
    ],
  };
}

function bumped({ latestRevision, amount }: RevisionBump): bigint {
  const revision = latestRevision + amount;
  if (revision <= maximumRevision) return revision;
  throw new HoldfastError('USAGE', `--bump-revision ${amount}: ${latestRevision} + ${amount} passes 2^63-1`, {
    hint: 'Choose a smaller number; 1000000000 is enough for any cluster.',
  });
}

/** A row with no value at the new revision makes it the latest one. */
function bumpEdits(revision: bigint | undefined): BucketEdits[] {
  if (revision === undefined) return [];
  const key = encodeRevision({ main: revision, sub: 0n, tombstone: false });
  return [{ bucket: utf8('key'), put: [{ key, value: new Uint8Array(0) }] }];
}

/** Scheduled but not finished: the server compacts up to the new revision when it starts. */
function metaRows(index: bigint, term: bigint, compacted: bigint | undefined) {
  const rows = [
    { key: utf8(metaKeys.consistentIndex), value: encodeUint64Record(index) },
    { key: utf8(metaKeys.term), value: encodeUint64Record(term) },
  ];
  if (compacted !== undefined) {
    rows.push({ key: utf8(metaKeys.scheduledCompactRevision), value: encodeCompactionMark(compacted) });
  }
  return rows;
}
