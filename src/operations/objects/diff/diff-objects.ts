import {
  compareBytes,
  type Finding,
  type OperationContext,
  throwIfInterrupted,
} from '../../../base/index.ts';
import type { JsonObject, StorageKey } from '../../../formats/kubernetes-object/index.ts';
import type { ReadObject } from '../decode/index.ts';
import {
  compareValues,
  concealSecrets,
  type FieldChange,
  isNoisyResource,
  type NoiseRules,
  withoutNoise,
} from '../fields/index.ts';
import { type Inspection, type InspectionOptions, isSecret, openInspection } from '../inspect/index.ts';
import type { ObjectSelection } from '../select/index.ts';
import type { SourceKey } from '../source/index.ts';
import { type ObjectPair, pairObjects } from './pair-objects.ts';

export interface DiffObjectsOptions extends NoiseRules {
  readonly before: InspectionOptions;
  readonly after: InspectionOptions;
  readonly selection: ObjectSelection;
  /** Shows the texts of Secrets; otherwise only which of them differ. */
  readonly includeSecrets?: boolean;
  /** Told of each object that differs, in the order of storage paths, namespaces and names. */
  readonly onDifference: (difference: ObjectDifference) => void;
}

/** An object that is not the same in both. */
export interface ObjectDifference {
  readonly change: 'added' | 'removed' | 'changed';
  readonly group: string;
  /** Plural name. */
  readonly resource: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  /** Of an object that is in both and could be read. */
  readonly fields: readonly FieldChange[];
  /** As they were compared: without noise, and with the texts of a Secret covered. Absent where it is not, or is unread. */
  readonly before?: JsonObject;
  readonly after?: JsonObject;
  /** Why it could not be read; it is told as changed because its bytes are not the same. */
  readonly unread?: Finding;
}

export interface DiffSide {
  readonly source: string;
  readonly revision: bigint;
}

export interface DiffSummary {
  readonly before: DiffSide;
  readonly after: DiffSide;
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly unchanged: number;
  /** Written again with nothing but noise in it, and events and leases that differ, which were not looked into. */
  readonly onlyNoise: number;
  readonly unread: number;
}

/**
 * Compares the objects of two sources field by field.
 *
 * Errors: those of opening the sources; UNKNOWN_RESOURCE, OBJECT_NOT_FOUND (in both), USAGE (a selector).
 */
export async function diffObjects(options: DiffObjectsOptions, ctx: OperationContext): Promise<DiffSummary> {
  await using before = await openInspection(options.before, ctx);
  await using after = await openInspection(options.after, ctx);
  const counts = { added: 0, removed: 0, changed: 0, unchanged: 0, onlyNoise: 0, unread: 0 };
  for (const pair of await pairObjects(before, after, options.selection, ctx)) {
    throwIfInterrupted(ctx.signal);
    const outcome = await comparePair(pair, before, after, options);
    if (typeof outcome === 'string') {
      counts[outcome]++;
      continue;
    }
    counts[outcome.change]++;
    if (outcome.unread !== undefined) counts.unread++;
    options.onDifference(outcome);
  }
  return { before: sideOf(before), after: sideOf(after), ...counts };
}

function sideOf({ source: { description, revision } }: Inspection): DiffSide {
  return { source: description, revision };
}

async function comparePair(
  pair: ObjectPair,
  before: Inspection,
  after: Inspection,
  options: DiffObjectsOptions,
): Promise<ObjectDifference | 'unchanged' | 'onlyNoise'> {
  const [mine, theirs] = [await valueOf(before, pair.before), await valueOf(after, pair.after)];
  if (mine !== undefined && theirs !== undefined && compareBytes(mine, theirs) === 0) return 'unchanged';
  if (options.ignoreNoise && isNoisyResource(pair.place)) return 'onlyNoise';
  const readBefore = await read(before, pair.place, pair.before, mine);
  const readAfter = await read(after, pair.place, pair.after, theirs);
  const difference = describe(pair.place, readBefore, readAfter, options);
  const isSame =
    difference.change === 'changed' && difference.unread === undefined && difference.fields.length === 0;
  return isSame ? 'onlyNoise' : difference;
}

async function valueOf({ source }: Inspection, key: SourceKey | undefined): Promise<Uint8Array | undefined> {
  return key === undefined ? undefined : source.value(key);
}

async function read(
  { reader }: Inspection,
  place: StorageKey,
  key: SourceKey | undefined,
  value: Uint8Array | undefined,
): Promise<ReadObject | undefined> {
  if (key === undefined || value === undefined) return undefined;
  return reader.read(value, { key: key.key, modRevision: key.modRevision, place });
}

function describe(
  place: StorageKey,
  before: ReadObject | undefined,
  after: ReadObject | undefined,
  options: DiffObjectsOptions,
): ObjectDifference {
  const { group, resource, namespace, name } = place;
  const shown = prepare(place, before, after, options);
  const unread = findingOf(before) ?? findingOf(after);
  return {
    change: before === undefined ? 'added' : after === undefined ? 'removed' : 'changed',
    group,
    resource,
    kind: after?.kind ?? before?.kind ?? place.kind ?? '',
    namespace,
    name,
    fields: shown.before && shown.after ? compareValues(shown.before, shown.after) : [],
    ...(shown.before === undefined ? {} : { before: shown.before }),
    ...(shown.after === undefined ? {} : { after: shown.after }),
    ...(unread === undefined ? {} : { unread }),
  };
}

function prepare(
  place: StorageKey,
  before: ReadObject | undefined,
  after: ReadObject | undefined,
  options: DiffObjectsOptions,
): { readonly before: JsonObject | undefined; readonly after: JsonObject | undefined } {
  const quiet = (object: ReadObject | undefined) =>
    object?.state === 'decoded' ? withoutNoise(object.object, options) : undefined;
  const shown = { before: quiet(before), after: quiet(after) };
  const covered = isSecret(place) && options.includeSecrets !== true;
  return covered ? concealSecrets(shown.before, shown.after) : shown;
}

function findingOf(read: ReadObject | undefined): Finding | undefined {
  return read === undefined || read.state === 'decoded' ? undefined : read.finding;
}
