import {
  displayText,
  type Finding,
  HoldfastError,
  type OperationContext,
  utf8,
} from '../../../base/index.ts';
import type { JsonObject } from '../../../formats/kubernetes-object/index.ts';
import type { ReadObject } from '../decode/index.ts';
import { compareValues, concealSecrets, type FieldChange, withoutNoise } from '../fields/index.ts';
import { type Inspection, type InspectionOptions, isSecret, openInspection } from '../inspect/index.ts';
import type { ResourceType } from '../select/index.ts';
import type { SourceRevision } from '../source/index.ts';
import { changedBy, type FieldManager } from './changed-by.ts';

export interface ObjectHistoryOptions extends InspectionOptions {
  /** kubectl's words: `deploy/web`. */
  readonly object: string;
  /** `default` unless given; cluster-scoped objects have none. */
  readonly namespace?: string;
  /** Shows the texts of Secrets; otherwise only which of them changed. */
  readonly includeSecrets?: boolean;
}

/** One change of an object. */
export interface ObjectRevision {
  readonly modRevision: bigint;
  /** Changes since it was created, this one included; 0 for a deletion. */
  readonly version: bigint;
  /** `kept`: the oldest that is left, and what was before it is compacted. */
  readonly change: 'created' | 'changed' | 'deleted' | 'kept';
  /** Without managed fields and resource version. None for a deletion, what was created, and what cannot be compared. */
  readonly fields: readonly FieldChange[];
  readonly changedBy: readonly FieldManager[];
  /** The object, its texts covered if it is a Secret that was not asked for; absent for a deletion and an unread one. */
  readonly object?: JsonObject;
  /** Why it could not be read. */
  readonly unread?: Finding;
}

export interface ObjectHistory {
  readonly source: string;
  /** Plural name with its group: `deployments.apps`. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly key: string;
  /** Revisions below it may be gone; -1 when nothing was compacted. */
  readonly compactRevision: bigint;
  /** Oldest first. */
  readonly revisions: readonly ObjectRevision[];
}

/**
 * Every revision of an object that the source still holds, deletions too, with what changed and who changed it.
 *
 * Errors: USAGE (no `RESOURCE/NAME`), UNKNOWN_RESOURCE, OBJECT_NOT_FOUND, and those of opening the source.
 */
export async function objectHistory(
  options: ObjectHistoryOptions,
  ctx: OperationContext,
): Promise<ObjectHistory> {
  const [resource, name, ...more] = options.object.split('/');
  if (resource === undefined || resource === '' || name === undefined || name === '' || more.length > 0) {
    throw new HoldfastError('USAGE', `"${options.object}" does not name one object`, {
      hint: 'Write RESOURCE/NAME, as deploy/web.',
    });
  }
  await using inspection = await openInspection(options, ctx);
  const found = await findHistory(inspection, resource, name, options.namespace ?? 'default');
  if (found === undefined) {
    throw new HoldfastError(
      'OBJECT_NOT_FOUND',
      `${inspection.source.description} holds no revision of ${options.object}`,
      { hint: 'Look at the namespace and the name; what was deleted before the last compaction is gone.' },
    );
  }
  const { type, namespace, key, rows } = found;
  const showSecret = !isSecret(type) || options.includeSecrets === true;
  return {
    source: inspection.source.description,
    resource: type.group === '' ? type.resource : `${type.resource}.${type.group}`,
    namespace,
    name,
    key: displayText(key),
    compactRevision: inspection.source.compactRevision,
    revisions: await describeRevisions(inspection, found, showSecret, rows),
  };
}

interface FoundHistory {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly key: Uint8Array;
  readonly rows: readonly SourceRevision[];
}

/** The object may be deleted: its key is made, not looked up among what lives. */
async function findHistory(
  { source, catalog }: Inspection,
  word: string,
  name: string,
  inNamespace: string,
): Promise<FoundHistory | undefined> {
  for (const type of catalog.resolve(word)) {
    const namespace = type.namespaced ? inNamespace : undefined;
    const place = namespace === undefined ? name : `${namespace}/${name}`;
    for (const prefix of source.prefixes) {
      const key = utf8(`${prefix}/${type.path}/${place}`);
      const rows = await source.history(key);
      if (rows.length > 0) return { type, namespace, key, rows };
    }
  }
  return undefined;
}

async function describeRevisions(
  { reader }: Inspection,
  { type, key }: FoundHistory,
  showSecret: boolean,
  rows: readonly SourceRevision[],
): Promise<ObjectRevision[]> {
  const revisions: ObjectRevision[] = [];
  let before: JsonObject | undefined;
  let wasDeleted = false;
  for (const row of rows) {
    const { modRevision, value } = row;
    const read =
      value === undefined ? undefined : await reader.read(value, { key, modRevision, place: type });
    const isNew = row.version === 1n || wasDeleted;
    revisions.push(describe(row, read, isNew ? undefined : before, isNew, showSecret));
    wasDeleted = row.deleted;
    before = read?.state === 'decoded' ? read.object : undefined;
  }
  return revisions;
}

function describe(
  row: SourceRevision,
  read: ReadObject | undefined,
  before: JsonObject | undefined,
  isNew: boolean,
  showSecret: boolean,
): ObjectRevision {
  const { modRevision, version } = row;
  const facts = { modRevision, version, fields: [], changedBy: [] };
  if (read === undefined) return { ...facts, change: 'deleted' };
  const change = isNew ? 'created' : before === undefined ? 'kept' : 'changed';
  if (read.state !== 'decoded') {
    return { ...facts, change: change === 'kept' && version > 1n ? 'changed' : change, unread: read.finding };
  }
  const { object } = read;
  const shown = showSecret ? { before, after: object } : concealSecrets(before, object);
  const fields = shown.before === undefined ? [] : compareValues(quiet(shown.before), quiet(shown.after!));
  return {
    ...facts,
    change,
    fields,
    // Of the oldest that is left nobody knows what it changed.
    changedBy: change === 'kept' ? lastWriters(object) : changedBy(before, object, fields),
    object: shown.after!,
  };
}

const noise = { ignoreNoise: true, ignoreStatus: false };

/** Heartbeats are changes here: each has a revision of its own. */
function quiet(object: JsonObject): JsonObject {
  return { ...object, metadata: withoutNoise({ metadata: object['metadata'] ?? {} }, noise)['metadata']! };
}

/** The managers with the newest time. */
function lastWriters(object: JsonObject): FieldManager[] {
  const all = changedBy(undefined, object, []);
  const newest = all.reduce((latest, { time }) => (time !== undefined && time > latest ? time : latest), '');
  return all.filter(({ time }) => time === newest);
}
