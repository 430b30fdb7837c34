import { compareBytes } from '../../../base/index.ts';
import {
  isEncryptedValue,
  type JsonObject,
  parseEncryptedValue,
} from '../../../formats/kubernetes-object/index.ts';
import type { ObjectReader, ReadObject } from '../decode/index.ts';
import { isNoisyResource, isSame, withoutNoise } from '../fields/index.ts';
import type { KeyUse, SeenObject } from './impact-rule.ts';
import type { MergedPair, MergedSide } from './merge-sources.ts';

export interface ComparedPair {
  readonly kind: 'vanish' | 'return' | 'change' | 'unchanged' | 'onlyNoise';
  readonly resource: string;
  readonly isUnread: boolean;
  /** For the rules. Absent where none of them can want it. */
  readonly seen: SeenObject | undefined;
}

/** What reads the values of the two sides. */
export interface PairReaders {
  readonly present: ObjectReader;
  readonly recovered: ObjectReader;
}

/**
 * Says what becomes of one object. Values are read only as far as that needs them.
 * @param watched resources whose objects are decoded also where they stay the same
 */
export async function comparePair(
  pair: MergedPair,
  readers: PairReaders,
  watched: ReadonlySet<string>,
): Promise<ComparedPair> {
  const { place, present, recovered } = pair;
  const resource = place.group === '' ? place.resource : `${place.resource}.${place.group}`;
  const mine = await present?.value();
  const theirs = await recovered?.value();
  const isSameValue = mine !== undefined && theirs !== undefined && compareBytes(mine, theirs) === 0;
  const plain = { resource, isUnread: false, seen: undefined };
  if (isSameValue && !watched.has(resource) && !isEncryptedValue(theirs))
    return { kind: 'unchanged', ...plain };
  // Events and leases come and go by themselves; nobody looks into them.
  if (isNoisyResource(place)) return { kind: isSameValue ? 'unchanged' : 'onlyNoise', ...plain };
  const after = await read(readers.recovered, pair, recovered, theirs);
  const before = isSameValue ? after : await read(readers.present, pair, present, mine);
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

async function read(
  reader: ObjectReader,
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
