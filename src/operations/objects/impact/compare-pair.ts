import { compareBytes } from '../../../base/index.ts';
import {
  isEncryptedValue,
  type JsonObject,
  parseEncryptedValue,
} from '../../../formats/kubernetes-object/index.ts';
import type { ReadObject } from '../decode/index.ts';
import { isNoisyResource, isSame, withoutNoise } from '../fields/index.ts';
import type { Inspection } from '../inspect/index.ts';
import type { KeyUse, SeenObject } from './impact-rule.ts';
import type { MergedPair, MergedSide } from './merge-sources.ts';

export interface ComparedPair {
  readonly kind: 'vanish' | 'return' | 'change' | 'unchanged' | 'onlyNoise';
  readonly resource: string;
  readonly isUnread: boolean;
  /** For the rules. Absent where none of them can want it. */
  readonly seen: SeenObject | undefined;
}

export interface CompareRules {
  /** Resources whose objects are decoded also where they stay the same. */
  readonly watched: ReadonlySet<string>;
  /** Whether the same revision is the same object. */
  readonly trusts: boolean;
}

interface Sides {
  readonly present: Inspection;
  readonly recovered: Inspection;
}

/** Says what becomes of one object. Values are read only as far as that needs them. */
export async function comparePair(
  pair: MergedPair,
  sides: Sides,
  rules: CompareRules,
): Promise<ComparedPair> {
  const { place, present, recovered } = pair;
  const resource = place.group === '' ? place.resource : `${place.resource}.${place.group}`;
  if (isNoisyResource(place)) return await compareNoise(pair, resource, rules);
  const isWatched = rules.watched.has(resource);
  const isSameWrite = rules.trusts && present !== undefined && recovered !== undefined && sameWrite(pair);
  if (isSameWrite && !isWatched) return { kind: 'unchanged', resource, isUnread: false, seen: undefined };
  const theirs = await recovered?.value();
  const mine = isSameWrite ? theirs : await present?.value();
  const isSameValue = mine !== undefined && theirs !== undefined && compareBytes(mine, theirs) === 0;
  if (isSameValue && !isWatched && !isEncryptedValue(theirs))
    return { kind: 'unchanged', resource, isUnread: false, seen: undefined };
  const after = await read(sides.recovered, pair, recovered, theirs);
  const before = isSameValue ? after : await read(sides.present, pair, present, mine);
  const kind = isSameValue ? 'unchanged' : kindOf(before, after);
  const seen: SeenObject = {
    place,
    resource,
    change: changes[kind],
    present: objectIn(before),
    recovered: objectIn(after),
    presentKey: keyUseOf(mine, before),
    recoveredKey: keyUseOf(theirs, after),
  };
  return { kind, resource, isUnread: isUnread(before) || isUnread(after), seen };
}

const changes = {
  vanish: 'vanishes',
  return: 'returns',
  change: 'changes',
  unchanged: 'same',
  onlyNoise: 'same',
} as const;

/** Events and leases come and go by themselves; nobody looks into them. */
async function compareNoise(
  { present, recovered }: MergedPair,
  resource: string,
  { trusts }: CompareRules,
): Promise<ComparedPair> {
  const outcome = { resource, isUnread: false, seen: undefined };
  if (present === undefined || recovered === undefined) return { kind: 'onlyNoise', ...outcome };
  const isSameValue = trusts
    ? sameWrite({ present, recovered })
    : compareBytes(await present.value(), await recovered.value()) === 0;
  return { kind: isSameValue ? 'unchanged' : 'onlyNoise', ...outcome };
}

function sameWrite({ present, recovered }: Pick<MergedPair, 'present' | 'recovered'>): boolean {
  const [a, b] = [present!.key, recovered!.key];
  return a.modRevision === b.modRevision && a.createRevision === b.createRevision && a.version === b.version;
}

async function read(
  { reader }: Inspection,
  { place }: MergedPair,
  side: MergedSide | undefined,
  value: Uint8Array | undefined,
): Promise<ReadObject | undefined> {
  if (side === undefined || value === undefined) return undefined;
  const { key, modRevision } = side.key;
  return await reader.read(value, { key, modRevision, place });
}

function kindOf(before: ReadObject | undefined, after: ReadObject | undefined): ComparedPair['kind'] {
  if (after === undefined) return 'vanish';
  if (before === undefined) return 'return';
  const [mine, theirs] = [objectIn(before), objectIn(after)];
  if (mine === undefined || theirs === undefined) return 'change';
  const rules = { ignoreNoise: true, ignoreStatus: false };
  return isSame(withoutNoise(mine, rules), withoutNoise(theirs, rules)) ? 'onlyNoise' : 'change';
}

function objectIn(read: ReadObject | undefined): JsonObject | undefined {
  return read?.state === 'decoded' ? read.object : undefined;
}

function isUnread(read: ReadObject | undefined): boolean {
  return read !== undefined && read.state !== 'decoded';
}

function keyUseOf(value: Uint8Array | undefined, read: ReadObject | undefined): KeyUse | undefined {
  const encrypted = value === undefined ? undefined : parseEncryptedValue(value);
  if (encrypted === undefined) return undefined;
  const { provider, version, keyName } = encrypted;
  const wants = `${provider} ${version}, ${provider === 'kms' ? 'plugin' : 'key'} "${keyName}"`;
  if (read?.state !== 'encrypted') return { wants, state: 'readable' };
  return { wants, state: provider === 'kms' ? 'plugin' : 'unreadable' };
}
