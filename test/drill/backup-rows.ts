/** A small sound backup, row by row: overwritten and deleted keys, a transaction, leases, a compaction. */
import { parseHex, utf8 } from '../../src/base/index.ts';
import {
  encodeCompactionMark,
  encodeKeyValue,
  encodeLease,
  encodeLeaseKey,
  encodeMember,
  encodeMemberKey,
  encodeRevision,
  encodeTombstone,
  encodeUint64Record,
  encodeVersionRecord,
  metaKeys,
  type StoreEntry,
} from '../../src/formats/mvcc/index.ts';

export type BackupRows = Record<string, StoreEntry[]>;

export const leaseId = 0x1234n;
export const memberId = 0x8e9e05c52164694dn;

/** Revision, key and value; without a value a deletion. Sub-revisions count by themselves. */
const changes: readonly (readonly [main: bigint, key: string, value?: string])[] = [
  [10n, 'config/a', 'first'],
  [11n, 'config/b', 'of b'],
  [12n, 'config/a', 'second'],
  [13n, 'secret/x', 'of x'],
  [13n, 'secret/y', 'of y'],
  [14n, 'leased/1', 'on a lease'],
  [15n, 'leased/2', 'on a lease, too'],
  [16n, 'gone', 'for a while'],
  [17n, 'gone'],
  [18n, 'config/a', 'third'],
];

export function backupRows(): BackupRows {
  const known = new Map<string, { created: bigint; version: bigint }>();
  const key: StoreEntry[] = [];
  let before = 0n;
  let sub = 0n;
  for (const [main, name, value] of changes) {
    sub = main === before ? sub + 1n : 0n;
    before = main;
    const tombstone = value === undefined;
    const facts = known.get(name) ?? { created: main, version: 0n };
    facts.version++;
    if (tombstone) known.delete(name);
    else known.set(name, facts);
    const lease = name.startsWith('leased/') ? leaseId : 0n;
    key.push({
      key: encodeRevision({ main, sub, tombstone }),
      value: tombstone
        ? encodeTombstone(utf8(name))
        : encodeKeyValue({
            key: utf8(name),
            value: utf8(value),
            createRevision: facts.created,
            modRevision: main,
            version: facts.version,
            lease,
          }),
    });
  }
  const lease = { id: leaseId, ttlSeconds: 7200n, remainingTtlSeconds: 0n };
  const member = {
    id: memberId,
    name: 'cp1',
    peerUrls: ['https://10.0.0.1:2380'],
    clientUrls: [],
    isLearner: false,
  };
  const meta: [string, Uint8Array][] = [
    [metaKeys.consistentIndex, encodeUint64Record(30n)],
    [metaKeys.term, encodeUint64Record(2n)],
    [metaKeys.finishedCompactRevision, encodeCompactionMark(9n)],
    [metaKeys.scheduledCompactRevision, encodeCompactionMark(9n)],
  ];
  return {
    alarm: [],
    auth: [],
    authRoles: [],
    authUsers: [],
    cluster: [{ key: utf8('clusterVersion'), value: encodeVersionRecord('3.5.0') }],
    key,
    lease: [{ key: encodeLeaseKey(leaseId), value: encodeLease(lease) }],
    members: [{ key: encodeMemberKey(memberId), value: encodeMember(member) }],
    members_removed: [],
    meta: meta.map(([name, value]) => ({ key: utf8(name), value })),
  };
}

/** The position of a row of bucket `key` by its revision. */
export function rowAt(rows: BackupRows, main: bigint): number {
  const key = encodeRevision({ main, sub: 0n, tombstone: false });
  return rows['key']!.findIndex((row) => Buffer.compare(row.key.subarray(0, 17), key) === 0);
}

/** Sets a row of `meta`. */
export function setMeta(rows: BackupRows, name: string, hex: string): void {
  const row = rows['meta']!.find(({ key }) => Buffer.from(key).toString() === name)!;
  rows['meta']![rows['meta']!.indexOf(row)] = { key: row.key, value: parseHex(hex) };
}
