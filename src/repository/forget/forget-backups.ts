import { hostname } from 'node:os';
import type { OperationContext } from '../../base/index.ts';
import { deleteRecord, isPinned, putTombstone, type Repository } from '../open/index.ts';
import { isStamp, recordDirectory } from '../records/index.ts';

export interface ForgetOptions {
  /** Why, by id: the policy's words, kept in the tombstone. */
  readonly backups: ReadonlyMap<string, string>;
}

/**
 * Forgets backups, one after another. Killed in between, one may have a tombstone and still a record: it is no
 * backup, and the next forget or prune clears it. What it kept is freed by a prune.
 *
 * One that was pinned since somebody decided stays. Returns the ids of those that are forgotten.
 */
export async function forgetBackups(
  repository: Repository,
  { backups }: ForgetOptions,
  ctx: OperationContext,
): Promise<readonly string[]> {
  const { signal } = ctx;
  const forgotten: string[] = [];
  for (const [id, why] of backups) {
    if (await isPinned(repository, id, signal)) {
      ctx.log.warn('a backup was pinned meanwhile: it stays', { id });
      continue;
    }
    const at = new Date(ctx.clock.now()).toISOString();
    await putTombstone(repository, id, { at, host: hostname(), why }, signal);
    await deleteRecord(repository, id, signal);
    forgotten.push(id);
    ctx.log.info('forgot a backup', { id, why });
  }
  return forgotten;
}

/**
 * Clears what forgotten backups left: records of a forget that was killed, and what was said about them. A tombstone
 * that cannot be read counts. Returns the names of what was deleted.
 */
export async function clearForgotten(
  { storage }: Repository,
  ctx: OperationContext,
): Promise<readonly string[]> {
  const { signal } = ctx;
  const forgotten = new Set<string>();
  for await (const { name } of storage.list('forgotten/', { signal })) {
    const id = name.slice('forgotten/'.length);
    if (isStamp(id)) forgotten.add(id);
  }
  const leftovers: string[] = [];
  for (const directory of [recordDirectory, 'pins/', 'results/'])
    for await (const { name } of storage.list(directory, { signal })) {
      const [id = ''] = name.slice(directory.length).split('/');
      if (forgotten.has(id)) leftovers.push(name);
    }
  for (const name of leftovers) await storage.delete(name, { signal });
  return leftovers;
}
