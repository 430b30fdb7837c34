import { crc32c } from '../../base/index.ts';
import { encodeFrame } from './frame.ts';
import {
  type ConfState,
  confChangeTypes,
  encodeConfChange,
  encodeEntry,
  encodeHardState,
  encodeWalMetadata,
  encodeWalSnapshot,
  entryTypes,
} from './raft-messages.ts';
import { encodeWalRecord, type WalRecordType, walRecordTypes } from './record.ts';

/** Size to which etcd preallocates a segment, and at which it cuts one: 64 million bytes, not 64 MiB. */
export const walSegmentSizeBytes = 64_000_000;

/**
 * Whose bytes to write: "3.4" leaves the members out of the last snapshot record, "3.5" stands for 3.5 and 3.6,
 * "3.7" (standard protobuf) leaves zeros out. Every server from 3.4 on reads "3.5".
 */
export type RestoreFlavour = '3.4' | '3.5' | '3.7';

export interface RestoreWalMember {
  readonly id: bigint;
  /** The member as etcd's JSON (see data-dir/member-json.ts). */
  readonly json: Uint8Array;
}

export interface RestoreWalOptions {
  /** Id of the member that will own the log. */
  readonly nodeId: bigint;
  readonly clusterId: bigint;
  /** In ascending numeric order of id, the local one included. */
  readonly members: readonly RestoreWalMember[];
  readonly flavour?: RestoreFlavour;
}

/**
 * The first segment that `snapshot restore` writes: one entry a member in term 1, all committed, and a snapshot record
 * at the last. Returns the used part; etcd pads the file with zeros to `walSegmentSizeBytes`.
 *
 * Source: etcd etcdutl/snapshot/v3_snapshot.go saveWALAndSnap and server/storage/wal/wal.go Create (3.5.30, 3.7.1).
 */
export function buildRestoreWal(options: RestoreWalOptions): Uint8Array {
  const flavour = options.flavour ?? '3.5';
  const zeros = { omitZeros: flavour === '3.7' };
  const ids = options.members.map((member) => member.id);
  const last = BigInt(ids.length);
  const segment = new SegmentBuilder();
  segment.checksum();
  segment.record(walRecordTypes.metadata, encodeWalMetadata(options));
  segment.record(walRecordTypes.snapshot, encodeWalSnapshot({ index: 0n, term: 0n, confState: undefined }));
  options.members.forEach((member, i) => {
    const change = { id: 0n, type: confChangeTypes.addNode, nodeId: member.id, context: member.json };
    const data = encodeConfChange(change, zeros);
    segment.record(
      walRecordTypes.entry,
      encodeEntry({ type: entryTypes.confChange, term: 1n, index: BigInt(i) + 1n, data }),
    );
  });
  segment.record(walRecordTypes.state, encodeHardState({ term: 1n, vote: ids[0] ?? 0n, commit: last }));
  const confState = flavour === '3.4' ? undefined : confStateOfVoters(ids);
  segment.record(walRecordTypes.snapshot, encodeWalSnapshot({ index: last, term: 1n, confState }, zeros));
  return segment.finish();
}

/** The raft configuration of a cluster of these voters and nobody else. */
export function confStateOfVoters(voters: readonly bigint[]): ConfState {
  return { voters, learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
}

/** Appends frames with the checksum running over their data. */
class SegmentBuilder {
  readonly #frames: Uint8Array[] = [];
  #crc = 0;

  checksum(): void {
    this.#frames.push(encodeFrame(encodeWalRecord({ type: walRecordTypes.checksum, crc: this.#crc })));
  }

  record(type: WalRecordType, data: Uint8Array): void {
    this.#crc = crc32c(data, this.#crc);
    this.#frames.push(encodeFrame(encodeWalRecord({ type, crc: this.#crc, data })));
  }

  finish(): Uint8Array {
    const bytes = new Uint8Array(this.#frames.reduce((sum, frame) => sum + frame.length, 0));
    let offset = 0;
    for (const frame of this.#frames) {
      bytes.set(frame, offset);
      offset += frame.length;
    }
    return bytes;
  }
}
