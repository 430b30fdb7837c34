import { formatKubernetesJson, type JsonObject } from '../../../formats/kubernetes-object/index.ts';
import type { WriteOptions, WrittenObject } from '../../../kubernetes/index.ts';
import { changedFields, jsonOf, metadataOf, overLive, textOf } from './live-object.ts';
import type { PreparedObject } from './prepare-object.ts';
import { itemIdentity, type RestoreItem } from './restore-item.ts';
import { buildObject, getLive, pathOf, refusalOf, type RestoreWork, writeOptions } from './restore-work.ts';
import type { ServedResource } from './server-kinds.ts';

/** What a dry run says about an object. */
export type ItemCheck =
  | {
      readonly next: 'write';
      readonly outcome: 'created' | 'changed';
      readonly notes: readonly string[];
      readonly fields: readonly string[];
    }
  | {
      readonly next: 'nothing';
      readonly outcome: 'unchanged' | 'skipped' | 'failed';
      readonly reason?: string;
      readonly notes: readonly string[];
      readonly fields: readonly string[];
    };

/**
 * Asks the server what a write of this object would make of it, without storing anything. What it refuses is an answer;
 * errors are those of a server that gives none.
 */
export async function checkItem(
  item: RestoreItem,
  served: ServedResource,
  work: RestoreWork,
): Promise<ItemCheck> {
  let notes: readonly string[] = [];
  try {
    const live = await getLive(item, served, work);
    const prepared = await buildObject(item, work, true);
    notes = prepared.notes;
    if (live === undefined) return await checkNew(item, served, prepared, work);
    if (metadataOf(live)['deletionTimestamp'] !== undefined) {
      return { next: 'nothing', outcome: 'failed', reason: 'it is being deleted', notes, fields: [] };
    }
    if (work.onConflict === 'skip') return await checkKept(item, served, prepared, live, work);
    const written = await dryRun(item, served, prepared, live, work);
    const fields = changedFields(live, written);
    if (fields.length === 0) return { next: 'nothing', outcome: 'unchanged', notes, fields };
    return { next: 'write', outcome: 'changed', notes, fields };
  } catch (error) {
    const reason = refusalOf(error);
    if (reason === undefined) throw error;
    return { next: 'nothing', outcome: 'failed', reason, notes, fields: [] };
  }
}

async function checkNew(
  item: RestoreItem,
  served: ServedResource,
  prepared: PreparedObject,
  work: RestoreWork,
): Promise<ItemCheck> {
  const made = await dryRun(item, served, prepared, undefined, work);
  work.dryUids.set(itemIdentity(item), textOf(metadataOf(made)['uid']));
  return { next: 'write', outcome: 'created', notes: prepared.notes, fields: [] };
}

/** What is there stays; one learns whether it is what the backup has. */
async function checkKept(
  item: RestoreItem,
  served: ServedResource,
  prepared: PreparedObject,
  live: JsonObject,
  work: RestoreWork,
): Promise<ItemCheck> {
  const { notes } = prepared;
  try {
    const fields = changedFields(live, await dryRun(item, served, prepared, live, work));
    if (fields.length === 0) return { next: 'nothing', outcome: 'unchanged', notes, fields };
    return { next: 'nothing', outcome: 'skipped', reason: 'it is there, and differs', notes, fields };
  } catch (error) {
    const reason = refusalOf(error);
    if (reason === undefined) throw error;
    const skipped = `it is there, and cannot be changed into what it was: ${reason}`;
    return { next: 'nothing', outcome: 'skipped', reason: skipped, notes, fields: [] };
  }
}

async function dryRun(
  item: RestoreItem,
  served: ServedResource,
  { object }: PreparedObject,
  live: JsonObject | undefined,
  work: RestoreWork,
): Promise<JsonObject> {
  return (await putObject(item, served, object, live, work, true)).object;
}

/** Writes an object, or has it tried, in the way that the rule for conflicts asks for. */
export async function putObject(
  item: RestoreItem,
  served: ServedResource,
  object: JsonObject,
  live: JsonObject | undefined,
  work: RestoreWork,
  isDry: boolean,
): Promise<{ readonly object: JsonObject; readonly isNew: boolean }> {
  const path = pathOf(item, served);
  const options = writeOptions(work, isDry);
  const written =
    live !== undefined && work.onConflict === 'replace'
      ? await work.client.replace(path, formatKubernetesJson(overLive(object, live)), options)
      : await applyOrCreate(path, object, live === undefined, options, work);
  return { object: jsonOf(written.object), isNew: written.isNew };
}

/**
 * An object whose lists name a key twice cannot be applied, but it was stored, and it can be created.
 * Source: structured-merge-diff, "duplicate entries for key" (1.36).
 */
async function applyOrCreate(
  path: string,
  object: JsonObject,
  isMissing: boolean,
  options: WriteOptions,
  { client }: RestoreWork,
): Promise<WrittenObject> {
  const body = formatKubernetesJson(object);
  try {
    return await client.apply(path, body, { ...options, force: true });
  } catch (error) {
    if (!isMissing || refusalOf(error)?.includes('duplicate entries for key') !== true) throw error;
    return await client.create(path.slice(0, path.lastIndexOf('/')), body, options);
  }
}
