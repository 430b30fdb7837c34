import type { JsonObject, JsonValue } from '../../../formats/kubernetes-object/index.ts';
import { type FieldChange, type FieldPath, isJsonObject, isSame } from '../fields/index.ts';

/** Who wrote fields of an object, as the API server notes it. */
export interface FieldManager {
  /** `kubectl-client-side-apply`, `kube-controller-manager`. */
  readonly name: string;
  /** `Apply` or `Update`. */
  readonly operation: string;
  /** `status`, when it was written through that. */
  readonly subresource?: string;
  /** When it wrote last, to the second, as the API server has it. */
  readonly time?: string;
  /** `noted`: its entry was written by this change. `owner`: it owns the fields that changed, no entry tells more. */
  readonly evidence: 'noted' | 'owner';
}

/**
 * Which field managers made a change: those whose entries are new, have a new time or own more than before. Two
 * changes in one second can leave the entries as they were; then those that own what changed. Changes that the API
 * server makes itself, such as a deletion that waits for finalizers, are nobody's.
 *
 * Source: apimachinery pkg/util/managedfields/internal/managedfieldsupdater.go (0.36.2).
 */
export function changedBy(
  before: JsonObject | undefined,
  after: JsonObject,
  changes: readonly FieldChange[],
): FieldManager[] {
  const earlier = new Map(entriesOf(before).map((entry) => [identity(entry), entry]));
  const entries = entriesOf(after);
  const noted = entries.filter((entry) => isWrittenSince(entry, earlier.get(identity(entry))));
  if (noted.length > 0) return noted.map((entry) => managerOf(entry, 'noted'));
  const owners = entries.filter((entry) => changes.some(({ path }) => owns(entry['fieldsV1'], path, after)));
  return owners.map((entry) => managerOf(entry, 'owner'));
}

function entriesOf(object: JsonObject | undefined): JsonObject[] {
  const metadata = object?.['metadata'];
  const entries = isJsonObject(metadata) ? metadata['managedFields'] : undefined;
  return Array.isArray(entries) ? entries.filter(isJsonObject) : [];
}

function identity(entry: JsonObject): string {
  const { manager, operation, subresource, apiVersion } = entry;
  return JSON.stringify([manager ?? '', operation ?? '', subresource ?? '', apiVersion ?? '']);
}

function isWrittenSince(entry: JsonObject, earlier: JsonObject | undefined): boolean {
  if (earlier === undefined || !isSame(entry['time'] ?? null, earlier['time'] ?? null)) return true;
  return hasMore(entry['fieldsV1'], earlier['fieldsV1']);
}

/** Whether a set of fields has one that the other has not. Losing fields to somebody else is no change of one's own. */
function hasMore(fields: JsonValue | undefined, than: JsonValue | undefined): boolean {
  if (!isJsonObject(fields)) return false;
  if (!isJsonObject(than)) return true;
  return Object.entries(fields).some(
    ([name, inner]) => !Object.hasOwn(than, name) || hasMore(inner, than[name]),
  );
}

function managerOf(entry: JsonObject, evidence: FieldManager['evidence']): FieldManager {
  const { manager, operation, subresource, time } = entry;
  return {
    name: text(manager) ?? '',
    operation: text(operation) ?? '',
    ...(text(subresource) === undefined ? {} : { subresource: text(subresource)! }),
    ...(text(time) === undefined ? {} : { time: text(time)! }),
    evidence,
  };
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/**
 * Whether a set of fields holds a path or begins to: `f:<name>` for a member, `k:<keys>` for an item with these
 * members, `v:<value>` for an item that is this value, `i:<index>`. Without `fields` inside, the set holds all below.
 */
function owns(fields: JsonValue | undefined, path: FieldPath, object: JsonValue): boolean {
  if (!isJsonObject(fields)) return false;
  let held = fields;
  let value: JsonValue | undefined = object;
  for (const part of path) {
    if (Object.keys(held).every((name) => name === '.')) return true;
    value = memberOf(value, part);
    const inner: JsonValue | undefined =
      typeof part === 'string' ? ownMember(held, `f:${part}`) : findItem(held, part, value);
    if (!isJsonObject(inner)) return false;
    held = inner;
  }
  return true;
}

function memberOf(value: JsonValue | undefined, part: string | number): JsonValue | undefined {
  if (Array.isArray(value)) return typeof part === 'number' ? value[part] : undefined;
  return isJsonObject(value) ? ownMember(value, part.toString()) : undefined;
}

function ownMember(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function findItem(fields: JsonObject, index: number, item: JsonValue | undefined): JsonValue | undefined {
  const found = Object.entries(fields).find(([name]) => {
    const rest = name.slice(2);
    if (name.startsWith('i:')) return rest === index.toString();
    const wanted = name.startsWith('k:') || name.startsWith('v:') ? parseKeys(rest) : undefined;
    if (wanted === undefined || item === undefined) return false;
    if (name.startsWith('v:')) return isSame(wanted, item);
    if (!isJsonObject(wanted) || !isJsonObject(item)) return false;
    return Object.entries(wanted).every(([key, value]) => isSame(ownMember(item, key) ?? null, value));
  });
  return found?.[1];
}

function parseKeys(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // A set that cannot be read owns nothing.
    return undefined;
  }
}
