/**
 * Random calls for a model test in lock step: the same call goes to a real etcd and to ours. A maker turns random
 * numbers into a call; more kinds of calls are more makers.
 */
import type { MessageInitShape } from '@bufbuild/protobuf';
import { utf8 } from '../../src/base/index.ts';
import {
  Compare_CompareResult,
  type CompareSchema,
  Compare_CompareTarget,
  type EtcdClient,
  RangeRequest_SortOrder,
  type RangeRequestSchema,
  RangeRequest_SortTarget,
  type RequestOpSchema,
  type TxnRequestSchema,
} from '../../src/etcd/index.ts';
import type { Random } from '../support/random.ts';

/** What the makers may know of the servers: what the last answers said. */
export interface KnownState {
  revision: bigint;
  compactRevision: bigint;
  /** Hashes are asked for from here on: etcd answers older ones out of what it remembers of its compactions. */
  hashesFrom: bigint;
  readonly leases: readonly bigint[];
}

export interface RandomCall {
  /** For the message of a failed comparison. */
  readonly name: string;
  readonly request: object;
  readonly send: (client: EtcdClient) => Promise<object>;
  /** Takes notice of an answer. */
  readonly note?: (known: KnownState) => void;
}

export type CallMaker = (random: Random, known: KnownState) => RandomCall;

export interface WeightedMaker {
  readonly weight: number;
  readonly make: CallMaker;
}

/** Picks a maker by its weight. */
export function randomCall(random: Random, makers: readonly WeightedMaker[], known: KnownState): RandomCall {
  let left = random.next() * makers.reduce((sum, { weight }) => sum + weight, 0);
  for (const { weight, make } of makers) {
    left -= weight;
    if (left < 0) return make(random, known);
  }
  return makers[0]!.make(random, known);
}

export const kvMakers: readonly WeightedMaker[] = [
  { weight: 30, make: rangeCall },
  { weight: 30, make: putCall },
  { weight: 10, make: deleteCall },
  { weight: 25, make: txnCall },
  { weight: 2, make: compactCall },
  { weight: 3, make: hashCall },
];

const nothing = new Uint8Array(0);
const texts = ['a', 'b', 'c', 'aa', 'ab', 'abc', 'z', ...Array.from({ length: 24 }, (_, i) => `k/${i}`)];
const keys: readonly Uint8Array[] = [
  ...texts.map(utf8),
  Uint8Array.of(0),
  Uint8Array.of(0xff),
  Uint8Array.of(0xff, 0xff),
  Uint8Array.of(0x61, 0xff),
];
const ends: readonly Uint8Array[] = [...keys, Uint8Array.of(0), utf8('k0'), utf8('ac'), utf8('k/2')];

const sortOrders = [
  RangeRequest_SortOrder.NONE,
  RangeRequest_SortOrder.ASCEND,
  RangeRequest_SortOrder.DESCEND,
];
const sortTargets = [
  RangeRequest_SortTarget.KEY,
  RangeRequest_SortTarget.VERSION,
  RangeRequest_SortTarget.CREATE,
  RangeRequest_SortTarget.MOD,
  RangeRequest_SortTarget.VALUE,
];
/** No value of the enumeration: etcd says so. */
const unknownOrder: object = { sortOrder: 7 };
const compareTargets = [
  Compare_CompareTarget.VERSION,
  Compare_CompareTarget.CREATE,
  Compare_CompareTarget.MOD,
  Compare_CompareTarget.VALUE,
  Compare_CompareTarget.LEASE,
];
const compareResults = [
  Compare_CompareResult.EQUAL,
  Compare_CompareResult.GREATER,
  Compare_CompareResult.LESS,
  Compare_CompareResult.NOT_EQUAL,
];

function someKey(random: Random): Uint8Array {
  return random.chance(0.01) ? nothing : random.pick(keys);
}

function someEnd(random: Random): Uint8Array {
  if (random.chance(0.5)) return nothing;
  return random.chance(0.3) ? Uint8Array.of(0) : random.pick(ends);
}

function someValue(random: Random): Uint8Array {
  if (random.chance(0.1)) return nothing;
  if (random.chance(0.3)) return utf8(random.pick(['one', 'two', 'three']));
  return random.bytes(random.chance(0.02) ? 9000 : random.int(1, 40));
}

function someLease(random: Random, known: KnownState): bigint {
  if (random.chance(0.7)) return 0n;
  return random.chance(0.1) ? 123_456_789n : random.pick([...known.leases, 0n]);
}

function someRevision(random: Random, known: KnownState): bigint {
  if (random.chance(0.6)) return 0n;
  if (random.chance(0.05)) return -BigInt(random.int(1, 3));
  const from = Math.max(0, Number(known.compactRevision) - 2);
  return BigInt(random.int(from, Number(known.revision) + 2));
}

function someBound(random: Random, known: KnownState): bigint {
  return random.chance(0.8) ? 0n : BigInt(random.int(0, Number(known.revision) + 1));
}

function rangeRequest(random: Random, known: KnownState): MessageInitShape<typeof RangeRequestSchema> {
  const isPlain = random.chance(0.5);
  return {
    key: someKey(random),
    rangeEnd: someEnd(random),
    revision: someRevision(random, known),
    limit: random.chance(0.5) ? 0n : BigInt(random.int(-1, 6)),
    keysOnly: random.chance(0.1),
    countOnly: random.chance(0.1),
    serializable: random.chance(0.3),
    ...(isPlain
      ? {}
      : {
          sortOrder: random.pick(sortOrders),
          sortTarget: random.pick(sortTargets),
          ...(random.chance(0.02) ? unknownOrder : {}),
          minModRevision: someBound(random, known),
          maxModRevision: someBound(random, known),
          minCreateRevision: someBound(random, known),
          maxCreateRevision: someBound(random, known),
        }),
  };
}

function rangeCall(random: Random, known: KnownState): RandomCall {
  const request = rangeRequest(random, known);
  return { name: 'range', request, send: (client) => client.kv.range(request) };
}

function putRequest(random: Random, known: KnownState) {
  const ignoreValue = random.chance(0.05);
  const ignoreLease = random.chance(0.05);
  return {
    key: someKey(random),
    value: ignoreValue && random.chance(0.9) ? nothing : someValue(random),
    lease: ignoreLease && random.chance(0.9) ? 0n : someLease(random, known),
    prevKv: random.chance(0.3),
    ignoreValue,
    ignoreLease,
  };
}

function putCall(random: Random, known: KnownState): RandomCall {
  const request = putRequest(random, known);
  return { name: 'put', request, send: (client) => client.kv.put(request) };
}

function deleteRequest(random: Random) {
  const isWide = random.chance(0.15);
  return {
    key: someKey(random),
    rangeEnd: isWide ? someEnd(random) : nothing,
    prevKv: random.chance(0.3),
  };
}

function deleteCall(random: Random): RandomCall {
  const request = deleteRequest(random);
  return { name: 'deleteRange', request, send: (client) => client.kv.deleteRange(request) };
}

function compareRequest(random: Random, known: KnownState): MessageInitShape<typeof CompareSchema> {
  const target = random.pick(compareTargets);
  const number = random.chance(0.4) ? 0n : BigInt(random.int(0, Number(known.revision)));
  const operands = {
    [Compare_CompareTarget.VERSION]: { case: 'version', value: BigInt(random.int(0, 4)) },
    [Compare_CompareTarget.CREATE]: { case: 'createRevision', value: number },
    [Compare_CompareTarget.MOD]: { case: 'modRevision', value: number },
    [Compare_CompareTarget.VALUE]: { case: 'value', value: someValue(random) },
    [Compare_CompareTarget.LEASE]: { case: 'lease', value: someLease(random, known) },
  } as const;
  // Now and then an operand that is another target's, or none.
  const given = random.chance(0.05) ? random.pick(compareTargets) : target;
  return {
    target,
    result: random.pick(compareResults),
    key: someKey(random),
    rangeEnd: random.chance(0.2) ? someEnd(random) : nothing,
    ...(random.chance(0.03) ? {} : { targetUnion: operands[given] }),
  };
}

interface TxnStyle {
  readonly depth: number;
  /**
   * Whether deletions may reach to the last key. etcd does not see that such a one overlaps with a put, and dies when
   * it has taken away the key whose value the put was to keep: so then no put keeps any.
   */
  readonly hasOpenDeletions: boolean;
}

function requestOp(
  random: Random,
  known: KnownState,
  style: TxnStyle,
): MessageInitShape<typeof RequestOpSchema> {
  const kind = random.next();
  if (kind < 0.01) return {};
  if (kind < 0.4) return { request: { case: 'requestRange', value: rangeRequest(random, known) } };
  if (kind < 0.75) {
    const put = putRequest(random, known);
    const keepsNothing = style.hasOpenDeletions ? { ignoreValue: false, ignoreLease: false } : {};
    return { request: { case: 'requestPut', value: { ...put, ...keepsNothing } } };
  }
  if (kind < 0.88 || style.depth === 0) {
    const value = deleteRequest(random);
    const isOpen = value.rangeEnd.length === 1 && value.rangeEnd[0] === 0;
    const closed = isOpen && !style.hasOpenDeletions ? { rangeEnd: nothing } : {};
    return { request: { case: 'requestDeleteRange', value: { ...value, ...closed } } };
  }
  const inner = { ...style, depth: style.depth - 1 };
  return { request: { case: 'requestTxn', value: txnRequest(random, known, inner) } };
}

function txnRequest(
  random: Random,
  known: KnownState,
  style: TxnStyle,
): MessageInitShape<typeof TxnRequestSchema> {
  const ops = () => {
    const isHuge = style.depth === 2 && random.chance(0.01);
    const length = isHuge ? random.int(126, 130) : random.int(0, 4);
    return Array.from({ length }, () => requestOp(random, known, isHuge ? { ...style, depth: 0 } : style));
  };
  const compare = Array.from({ length: random.int(0, 2) }, () => compareRequest(random, known));
  return { compare, success: ops(), failure: ops() };
}

function txnCall(random: Random, known: KnownState): RandomCall {
  const request = txnRequest(random, known, { depth: 2, hasOpenDeletions: random.chance(0.3) });
  return { name: 'txn', request, send: (client) => client.kv.txn(request) };
}

function compactCall(random: Random, known: KnownState): RandomCall {
  const isWild = random.chance(0.4);
  const newest = Number(known.revision);
  const revision = BigInt(isWild ? random.int(-1, newest + 2) : Math.max(0, newest - random.int(0, 40)));
  return {
    name: 'compact',
    // A compaction that is still under way would make etcd's hashes a matter of time.
    request: { revision, physical: true },
    send: (client) => client.kv.compact({ revision, physical: true }),
    note: (state) => {
      if (revision > state.compactRevision) state.compactRevision = revision;
    },
  };
}

/** Also right at the last compaction: etcd then answers with what it computed on the way. */
function hashCall(random: Random, known: KnownState): RandomCall {
  const newest = Number(known.revision) + 1;
  const isAtCompaction = known.compactRevision >= known.hashesFrom && random.chance(0.3);
  const any = BigInt(random.int(Math.min(newest, Number(known.hashesFrom)), newest));
  const revision = isAtCompaction ? known.compactRevision : random.chance(0.4) ? 0n : any;
  return {
    name: 'hashKV',
    request: { revision },
    send: (client) => client.maintenance.hashKV({ revision }),
  };
}
