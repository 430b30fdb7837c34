import { putObject } from './check-item.ts';
import { metadataOf, textOf } from './live-object.ts';
import { itemIdentity, type RestoreItem } from './restore-item.ts';
import type { RestoredObject } from './restore-types.ts';
import { buildObject, getLive, refusalOf, type RestoreWork } from './restore-work.ts';
import type { ServedResource } from './server-kinds.ts';

export type WriteResult = Pick<RestoredObject, 'outcome' | 'reason' | 'notes'>;

/** Writes an object whose dry run went well. What the server refuses now is an answer, as in the dry run. */
export async function writeItem(
  item: RestoreItem,
  served: ServedResource,
  planned: 'created' | 'changed',
  work: RestoreWork,
): Promise<WriteResult> {
  let notes: readonly string[] = [];
  try {
    // Others write, too: a controller may have made it while what it belongs to was restored.
    const live = await getLive(item, served, work);
    if (live !== undefined && planned === 'created' && work.onConflict === 'skip') {
      return { outcome: 'skipped', reason: 'it has appeared meanwhile', notes };
    }
    const prepared = await buildObject(item, work, false);
    notes = prepared.notes;
    const { object, isNew } = await putObject(item, served, prepared.object, live, work, false);
    work.uids.set(itemIdentity(item), textOf(metadataOf(object)['uid']));
    work.ctx.log.debug('object restored', { resource: item.resource, isNew });
    return { outcome: isNew ? 'created' : 'changed', notes };
  } catch (error) {
    const reason = refusalOf(error);
    if (reason === undefined) throw error;
    return { outcome: 'failed', reason, notes };
  }
}
