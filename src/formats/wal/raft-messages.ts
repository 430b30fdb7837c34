/**
 * Raft's messages as the WAL stores them. Decoders skip unknown fields and throw RECORD_INVALID on malformed bytes;
 * bytes in results are views of the input. Encoders write the fields that etcd 3.4 to 3.6 write (gogo, proto2:
 * scalars even when 0); 3.7 leaves some zeros out, which the options say.
 *
 * Source: etcd raft/raftpb/raft.proto (3.5.30), go.etcd.io/raft/v3/raftpb (3.6.0), walpb/record.proto.
 */
import { WireReader, type WireType, WireWriter } from '../../base/index.ts';

export const entryTypes = { normal: 0, confChange: 1, confChangeV2: 2 } as const;

export interface RaftEntry {
  /** One of `entryTypes`; others are returned as read. */
  readonly type: number;
  readonly term: bigint;
  readonly index: bigint;
  /** Empty for the no-op entry of a new leader. */
  readonly data: Uint8Array;
}

export interface HardState {
  readonly term: bigint;
  /** Member id that got this member's vote in `term`; 0 for none. */
  readonly vote: bigint;
  /** Highest index known to be committed when this was written. */
  readonly commit: bigint;
}

export interface ConfState {
  readonly voters: readonly bigint[];
  readonly learners: readonly bigint[];
  readonly votersOutgoing: readonly bigint[];
  readonly learnersNext: readonly bigint[];
  readonly autoLeave: boolean;
}

export interface SnapshotMetadata {
  readonly confState: ConfState | undefined;
  readonly index: bigint;
  readonly term: bigint;
}

/** A snapshot record of the WAL: the state machine up to `index` is on disk elsewhere. */
export type WalSnapshot = SnapshotMetadata;

export const confChangeTypes = { addNode: 0, removeNode: 1, updateNode: 2, addLearnerNode: 3 } as const;

export interface ConfChange {
  readonly id: bigint;
  /** One of `confChangeTypes`; others are returned as read. */
  readonly type: number;
  readonly nodeId: bigint;
  /** What the proposer put in: etcd's JSON of the member. */
  readonly context: Uint8Array;
}

/** Several membership changes in one entry. etcd reads them but does not write them. */
export interface ConfChangeV2 {
  readonly transition: number;
  readonly changes: readonly { readonly type: number; readonly nodeId: bigint }[];
  readonly context: Uint8Array;
}

export interface WalMetadata {
  readonly nodeId: bigint;
  readonly clusterId: bigint;
}

/** How a version of etcd writes zeros: 3.4 to 3.6 write them, 3.7 and later do not where the field was not set. */
export interface EncodeOptions {
  readonly omitZeros?: boolean;
}

const none: Uint8Array = new Uint8Array(0);

/** Calls back for every field; the callback returns false for a field that it does not know. */
function readFields(
  bytes: Uint8Array,
  onField: (reader: WireReader, field: number, type: WireType) => boolean,
) {
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const tag = reader.tag();
    if (!onField(reader, tag.field, tag.type)) reader.skip(tag.type);
  }
}

function uint64Field(reader: WireReader, field: number, type: WireType): bigint {
  reader.expect(field, type, 0);
  return reader.uint64();
}

function bytesField(reader: WireReader, field: number, type: WireType): Uint8Array {
  reader.expect(field, type, 2);
  return reader.bytes();
}

/** An enum is an int32 on the wire; values that are none of ours stay as they are. */
function enumField(reader: WireReader, field: number, type: WireType): number {
  return Number(BigInt.asIntN(32, uint64Field(reader, field, type)));
}

export function encodeEntry(entry: RaftEntry): Uint8Array {
  const writer = new WireWriter().varint(1, entry.type).varint(2, entry.term).varint(3, entry.index);
  if (entry.data.length > 0) writer.bytes(4, entry.data);
  return writer.finish();
}

export function decodeEntry(bytes: Uint8Array): RaftEntry {
  let [type, term, index, data] = [0, 0n, 0n, none];
  readFields(bytes, (reader, field, wire) => {
    if (field === 1) type = enumField(reader, field, wire);
    else if (field === 2) term = uint64Field(reader, field, wire);
    else if (field === 3) index = uint64Field(reader, field, wire);
    else if (field === 4) data = bytesField(reader, field, wire);
    else return false;
    return true;
  });
  return { type, term, index, data };
}

export function encodeHardState(state: HardState): Uint8Array {
  return new WireWriter().varint(1, state.term).varint(2, state.vote).varint(3, state.commit).finish();
}

export function decodeHardState(bytes: Uint8Array): HardState {
  let [term, vote, commit] = [0n, 0n, 0n];
  readFields(bytes, (reader, field, wire) => {
    if (field === 1) term = uint64Field(reader, field, wire);
    else if (field === 2) vote = uint64Field(reader, field, wire);
    else if (field === 3) commit = uint64Field(reader, field, wire);
    else return false;
    return true;
  });
  return { term, vote, commit };
}

export function encodeConfState(state: ConfState, options: EncodeOptions = {}): Uint8Array {
  const writer = new WireWriter();
  const lists = [state.voters, state.learners, state.votersOutgoing, state.learnersNext];
  lists.forEach((ids, i) => {
    for (const id of ids) writer.varint(i + 1, id);
  });
  if (state.autoLeave || options.omitZeros !== true) writer.varint(5, state.autoLeave);
  return writer.finish();
}

export function decodeConfState(bytes: Uint8Array): ConfState {
  const lists: [bigint[], bigint[], bigint[], bigint[]] = [[], [], [], []];
  let autoLeave = false;
  readFields(bytes, (reader, field, wire) => {
    if (field >= 1 && field <= 4) readUint64List(reader, field, wire, lists[(field - 1) as 0 | 1 | 2 | 3]);
    else if (field === 5) autoLeave = uint64Field(reader, field, wire) !== 0n;
    else return false;
    return true;
  });
  const [voters, learners, votersOutgoing, learnersNext] = lists;
  return { voters, learners, votersOutgoing, learnersNext, autoLeave };
}

/** Repeated u64: one field each as etcd writes it, or packed as protobuf allows. */
function readUint64List(reader: WireReader, field: number, type: WireType, into: bigint[]): void {
  if (type !== 2) {
    into.push(uint64Field(reader, field, type));
    return;
  }
  const packed = new WireReader(reader.bytes());
  while (!packed.done) into.push(packed.uint64());
}

/** The WAL's snapshot record: 1 index, 2 term, 3 conf_state (absent before 3.5 and for the first one). */
export function encodeWalSnapshot(snapshot: WalSnapshot, options: EncodeOptions = {}): Uint8Array {
  const writer = new WireWriter().varint(1, snapshot.index).varint(2, snapshot.term);
  if (snapshot.confState !== undefined) writer.bytes(3, encodeConfState(snapshot.confState, options));
  return writer.finish();
}

export function decodeWalSnapshot(bytes: Uint8Array): WalSnapshot {
  let [index, term] = [0n, 0n];
  let confState: ConfState | undefined;
  readFields(bytes, (reader, field, wire) => {
    if (field === 1) index = uint64Field(reader, field, wire);
    else if (field === 2) term = uint64Field(reader, field, wire);
    else if (field === 3) confState = decodeConfState(bytesField(reader, field, wire));
    else return false;
    return true;
  });
  return { index, term, confState };
}

/** A snapshot's metadata inside a `.snap` file: 1 conf_state, 2 index, 3 term. */
export function encodeSnapshotMetadata(metadata: SnapshotMetadata, options: EncodeOptions = {}): Uint8Array {
  const writer = new WireWriter();
  if (metadata.confState !== undefined) writer.bytes(1, encodeConfState(metadata.confState, options));
  return writer.varint(2, metadata.index).varint(3, metadata.term).finish();
}

export function decodeSnapshotMetadata(bytes: Uint8Array): SnapshotMetadata {
  let [index, term] = [0n, 0n];
  let confState: ConfState | undefined;
  readFields(bytes, (reader, field, wire) => {
    if (field === 1) confState = decodeConfState(bytesField(reader, field, wire));
    else if (field === 2) index = uint64Field(reader, field, wire);
    else if (field === 3) term = uint64Field(reader, field, wire);
    else return false;
    return true;
  });
  return { index, term, confState };
}

export function encodeConfChange(change: ConfChange, options: EncodeOptions = {}): Uint8Array {
  const writer = new WireWriter();
  if (change.id !== 0n || options.omitZeros !== true) writer.varint(1, change.id);
  writer.varint(2, change.type).varint(3, change.nodeId);
  if (change.context.length > 0) writer.bytes(4, change.context);
  return writer.finish();
}

export function decodeConfChange(bytes: Uint8Array): ConfChange {
  let [id, type, nodeId, context] = [0n, 0, 0n, none];
  readFields(bytes, (reader, field, wire) => {
    if (field === 1) id = uint64Field(reader, field, wire);
    else if (field === 2) type = enumField(reader, field, wire);
    else if (field === 3) nodeId = uint64Field(reader, field, wire);
    else if (field === 4) context = bytesField(reader, field, wire);
    else return false;
    return true;
  });
  return { id, type, nodeId, context };
}

/** ConfChangeV2: 1 transition, 2 changes {1 type, 2 node_id}, 3 context. */
export function encodeConfChangeV2(change: ConfChangeV2): Uint8Array {
  const writer = new WireWriter().varint(1, change.transition);
  for (const { type, nodeId } of change.changes) {
    writer.message(2, new WireWriter().varint(1, type).varint(2, nodeId));
  }
  if (change.context.length > 0) writer.bytes(3, change.context);
  return writer.finish();
}

export function decodeConfChangeV2(bytes: Uint8Array): ConfChangeV2 {
  let [transition, context] = [0, none];
  const changes: { type: number; nodeId: bigint }[] = [];
  readFields(bytes, (reader, field, wire) => {
    if (field === 1) transition = enumField(reader, field, wire);
    else if (field === 2) changes.push(decodeSingleChange(bytesField(reader, field, wire)));
    else if (field === 3) context = bytesField(reader, field, wire);
    else return false;
    return true;
  });
  return { transition, changes, context };
}

function decodeSingleChange(bytes: Uint8Array): { type: number; nodeId: bigint } {
  let [type, nodeId] = [0, 0n];
  readFields(bytes, (reader, field, wire) => {
    if (field === 1) type = enumField(reader, field, wire);
    else if (field === 2) nodeId = uint64Field(reader, field, wire);
    else return false;
    return true;
  });
  return { type, nodeId };
}

/** The WAL's metadata record: 1 node id, 2 cluster id. */
export function encodeWalMetadata(metadata: WalMetadata): Uint8Array {
  return new WireWriter().varint(1, metadata.nodeId).varint(2, metadata.clusterId).finish();
}

export function decodeWalMetadata(bytes: Uint8Array): WalMetadata {
  let [nodeId, clusterId] = [0n, 0n];
  readFields(bytes, (reader, field, wire) => {
    if (field === 1) nodeId = uint64Field(reader, field, wire);
    else if (field === 2) clusterId = uint64Field(reader, field, wire);
    else return false;
    return true;
  });
  return { nodeId, clusterId };
}
