/** What can be wrong with a file, each with the check that has to notice it and what it has to say. */
import { createHash } from 'node:crypto';
import { utf8 } from '../../src/base/index.ts';
import {
  alarmTypes,
  decodeKeyValue,
  encodeAlarmKey,
  encodeCompactionMark,
  encodeKeyValue,
  encodeLease,
  encodeMemberKey,
  encodeRevision,
  type KeyValue,
} from '../../src/formats/mvcc/index.ts';
import type { DrillCheckName, DrillExpectations } from '../../src/operations/drill/index.ts';
import { DatabaseEditor } from '../support/database-editor.ts';
import { snapshotBytes } from '../support/snapshot-file.ts';
import { type BackupRows, backupRows, leaseId, memberId, rowAt } from './backup-rows.ts';

export interface FileFault {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly check: DrillCheckName;
  readonly says: RegExp;
  readonly expect?: DrillExpectations;
}

/** The sound backup that all faults are made from. */
export const soundSnapshot = new Uint8Array(snapshotBytes(backupRows()));
export const soundSha256 = createHash('sha256').update(soundSnapshot).digest('hex');
const digestBytes = 32;
const soundDatabase = soundSnapshot.subarray(0, -digestBytes);
const pageSize = 4096;

/** The sound one's own HashKV is given by the test, which computes it. */
export function fileFaults(hashKv: number): FileFault[] {
  return [...byteFaults(hashKv), ...rowFaults(), ...replacedFiles(hashKv)];
}

function byteFaults(hashKv: number): FileFault[] {
  const flippedAt = (bytes: Uint8Array, text: string) => {
    const flipped = bytes.slice();
    flipped[Buffer.from(flipped).lastIndexOf(text)]! ^= 0x01;
    return flipped;
  };
  const pageOf = (text: string) => Math.floor(Buffer.from(soundDatabase).lastIndexOf(text) / pageSize);
  const editor = new DatabaseEditor(soundDatabase, pageSize);
  editor.header(pageOf('third'), { id: 99n });
  return [
    {
      name: 'a flipped byte in a value of a snapshot',
      bytes: flippedAt(soundSnapshot, 'third'),
      check: 'file',
      says: /^digest: the file ends with SHA-256 \w+, its content has \w+/,
    },
    {
      name: 'a flipped byte in the digest',
      bytes: soundSnapshot.map((byte, at) => (at === soundSnapshot.length - 1 ? byte ^ 1 : byte)),
      check: 'file',
      says: /^digest: the file ends with SHA-256/,
    },
    {
      name: 'a flipped byte in a value of a bare database',
      bytes: flippedAt(soundDatabase, 'third'),
      check: 'expected',
      says: new RegExp(`^HashKV is \\d+, not ${hashKv}$`),
      expect: { hashKv },
    },
    {
      name: 'a flipped byte in a key of a bare database',
      bytes: flippedAt(soundDatabase, 'config/a'),
      check: 'file',
      says: /^revisions: |^records: /,
    },
    {
      name: 'a flipped bit in the header of a page',
      bytes: editor.bytes,
      check: 'file',
      says: /page \d+: its header says it is page 99/,
    },
    {
      name: 'a file that is cut in half',
      bytes: soundSnapshot.subarray(0, Math.floor(soundSnapshot.length / 2)),
      check: 'file',
      says: /cut|short|pages/,
    },
    {
      name: 'a file without its last byte',
      bytes: soundSnapshot.subarray(0, -1),
      check: 'file',
      says: /^digest: the size of \d+ bytes is that of no snapshot/,
    },
    {
      name: 'a file that is no database',
      bytes: utf8('hello\n'.repeat(1000)),
      check: 'file',
      says: /not|no /,
    },
  ];
}

/** Digest and structure are right in all of these. */
function rowFaults(): FileFault[] {
  const fault = (
    name: string,
    says: RegExp,
    edit: (rows: BackupRows) => void,
    check: DrillCheckName = 'file',
  ): FileFault => {
    const rows = backupRows();
    edit(rows);
    return { name, bytes: snapshotBytes(rows), check, says };
  };
  const change = (rows: BackupRows, main: bigint, changed: Partial<KeyValue>) => {
    const at = rowAt(rows, main);
    const row = rows['key']![at]!;
    rows['key']![at] = { key: row.key, value: encodeKeyValue({ ...decodeKeyValue(row.value), ...changed }) };
  };
  const remove = (rows: BackupRows, main: bigint) => rows['key']!.splice(rowAt(rows, main), 1);
  return [
    fault('a row dropped', /^revisions: revision 11 is missing, and nothing was compacted there/, (rows) =>
      remove(rows, 11n),
    ),
    fault(
      'a row of a transaction dropped',
      /^revisions: the changes of a transaction are not numbered/,
      (rows) => remove(rows, 13n),
    ),
    fault('a tombstone dropped: a deleted key returns', /^revisions: revision 17 is missing/, (rows) =>
      remove(rows, 17n),
    ),
    fault('a duplicated row', /^records: .*revision/, (rows) => {
      const { value } = rows['key']!.at(-1)!;
      rows['key']!.push({ key: encodeRevision({ main: 19n, sub: 0n, tombstone: false }), value });
    }),
    fault('two rows in the wrong order', /^records: /, (rows) => {
      const [a, b] = [rows['key']![rowAt(rows, 11n)]!, rows['key']![rowAt(rows, 12n)]!];
      rows['key']![rowAt(rows, 11n)] = { key: a.key, value: b.value };
      rows['key']![rowAt(rows, 12n)] = { key: b.key, value: a.value };
    }),
    fault('a wrong create revision', /^records: .*creat/, (rows) =>
      change(rows, 18n, { createRevision: 12n }),
    ),
    fault('a wrong version', /^records: .*version/, (rows) => change(rows, 18n, { version: 7n })),
    fault('a record that does not decode', /^records: a record does not decode/, (rows) => {
      const at = rowAt(rows, 18n);
      const { key, value } = rows['key']![at]!;
      rows['key']![at] = { key, value: value.subarray(0, -2) };
    }),
    fault(
      'a missing lease',
      /^leases: 2 keys will never expire: the lease does not exist/,
      (rows) => (rows['lease'] = []),
    ),
    fault('a lease of another id', /^leases: a lease has another id than its row/, (rows) => {
      const lease = { id: leaseId + 1n, ttlSeconds: 7200n, remainingTtlSeconds: 0n };
      rows['lease'] = [{ key: rows['lease']![0]!.key, value: encodeLease(lease) }];
    }),
    fault('a wrong member id', /^members: a member has another id than its row/, (rows) => {
      rows['members'] = [{ key: encodeMemberKey(memberId + 1n), value: rows['members']![0]!.value }];
    }),
    fault(
      'a scheduled compaction beyond the last revision',
      /^compaction: a compaction at 5000 was asked for, and the last revision is 18/,
      (rows) => setMark(rows, 'scheduledCompactRev', 5000n),
    ),
    fault(
      'a finished compaction that nobody asked for',
      /^compaction: compaction finished at 12, but only 9/,
      (rows) => setMark(rows, 'finishedCompactRev', 12n),
    ),
    fault('a missing bucket', /^schema: .*bucket/, (rows) => delete rows['meta']),
    fault('a bucket of keys that is missing', /^schema: .*key/, (rows) => delete rows['key']),
    fault(
      'an alarm: nothing can be written',
      /^alarm NOSPACE is raised/,
      (rows) =>
        (rows['alarm'] = [
          { key: encodeAlarmKey({ memberId, alarm: alarmTypes.noSpace }), value: new Uint8Array(0) },
        ]),
      'health',
    ),
  ];
}

function setMark(rows: BackupRows, name: string, main: bigint): void {
  const meta = rows['meta']!;
  const at = meta.findIndex(({ key }) => Buffer.from(key).toString() === name);
  meta[at] = { key: meta[at]!.key, value: encodeCompactionMark(main) };
}

/** Sound in themselves, and not the backup that was meant. */
function replacedFiles(hashKv: number): FileFault[] {
  const edited = (edit: (rows: BackupRows) => void) => {
    const rows = backupRows();
    edit(rows);
    return snapshotBytes(rows);
  };
  const changed = edited((rows) => {
    const at = rowAt(rows, 18n);
    const { key, value } = rows['key']![at]!;
    rows['key']![at] = { key, value: encodeKeyValue({ ...decodeKeyValue(value), value: utf8('other') }) };
  });
  const otherTtl = edited((rows) => {
    const lease = { id: leaseId, ttlSeconds: 60n, remainingTtlSeconds: 0n };
    rows['lease'] = [{ key: rows['lease']![0]!.key, value: encodeLease(lease) }];
  });
  return [
    {
      name: 'changed content with a digest made anew, beside the HashKV of the cluster',
      bytes: changed,
      check: 'expected',
      says: new RegExp(`^HashKV is \\d+, not ${hashKv}$`),
      expect: { hashKv },
    },
    {
      name: 'changed content with a digest made anew, beside the SHA-256 of the file',
      bytes: changed,
      check: 'expected',
      says: /^SHA-256 of the file is \w+, not \w+$/,
      expect: { fileSha256: soundSha256 },
    },
    {
      name: 'a lease with another time to live, beside the SHA-256 of the file',
      bytes: otherTtl,
      check: 'expected',
      says: /^SHA-256 of the file is/,
      expect: { fileSha256: soundSha256 },
    },
    {
      name: 'the last change dropped, beside the revision of the cluster',
      bytes: edited((rows) => rows['key']!.pop()),
      check: 'expected',
      says: /^revision is 17, not 18$/,
      expect: { revision: 18n },
    },
    {
      name: 'the backup of another cluster in its place',
      bytes: soundSnapshot,
      check: 'expected',
      says: /^member node-7 is not in it/,
      expect: { members: ['node-7'] },
    },
  ];
}
