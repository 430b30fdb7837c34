import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createDurableFile,
  errnoOf,
  formatHex,
  hasCode,
  isHoldfastError,
  type OperationContext,
} from '../../base/index.ts';
import { listBackupIds, readConfigs, type Repository } from '../../repository/index.ts';
import { encodeMemory, readMemory, type RepositoryMemory } from './memory-file.ts';

export interface RecallOptions {
  readonly repository: Repository;
  /** Where the host's files are; `/` for this one's. */
  readonly root: string;
  /** Where it remembers, made when it is missing; by default `/var/lib/holdfast/repositories` of the host. */
  readonly directory?: string;
}

export interface RecalledRepository {
  /** Ids of backups that this host has seen and that are gone, though nobody forgot them. Oldest first. */
  readonly gone: readonly string[];
  /** Whether the repository has lost, or has other, public keys than this host has seen. */
  readonly hasOtherKeys: boolean;
}

const usualDirectories = ['var/lib/holdfast', 'var/lib/holdfast/repositories'];
/** So many ids are remembered, the newest. */
const rememberedIds = 200;

/**
 * Compares a repository with what this host has seen of it, and remembers what it shows now: a store that goes back to
 * an earlier state, or keeps the newest records back, shows nothing of that itself. What is gone stays remembered.
 * Where the host's directory cannot be written nothing is remembered, and that is no error; of a directory that was
 * named it is said.
 *
 * Events: a warning for what is gone. Errors: those of the store, INTERRUPTED.
 */
export async function recallRepository(
  { repository, root, directory }: RecallOptions,
  ctx: OperationContext,
): Promise<RecalledRepository> {
  const path = join(directory ?? join(root, usualDirectories.at(-1)!), `${repository.repositoryId}.json`);
  // Before the list: what another run remembers after it may be a backup that came after it.
  const before = await readMemory(path, ctx);
  const ids = await listBackupIds(repository, ctx.signal);
  const keys = keysOf(repository.configs);
  const gone = await findGone(repository, before?.backups ?? [], ids, ctx.signal);
  const isRotated = await isRotatedSince(repository, before?.keys ?? [], ctx.signal);
  const hasOtherKeys = !isRotated && (before?.keys ?? []).some((key, at) => keys[at] !== key);
  const now: RepositoryMemory = {
    repositoryId: repository.repositoryId,
    keys: hasOtherKeys || isRotated ? before!.keys : keys,
    backups: [...gone, ...ids.slice(-rememberedIds)].sort(),
  };
  if (JSON.stringify(now) !== JSON.stringify(before)) await remember({ root, directory, path }, now, ctx);
  warn({ gone, hasOtherKeys }, path, ctx);
  return { gone, hasOtherKeys };
}

function keysOf(configs: Repository['configs']): readonly string[] {
  return configs.map(({ publicKeys: { content, bundle } }) => `${formatHex(content)}:${formatHex(bundle)}`);
}

/** Whether the store has by now just the keys that are remembered: a run that opened it later has seen a rotation. */
async function isRotatedSince(
  { storage, configs }: Repository,
  remembered: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  if (remembered.length <= configs.length) return false;
  const keys = keysOf(await readConfigs(storage, signal));
  return remembered.every((key, at) => keys[at] === key);
}

async function findGone(
  { storage }: Repository,
  remembered: readonly string[],
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const there = new Set(ids);
  const gone: string[] = [];
  for (const id of remembered) {
    if (there.has(id)) continue;
    if ((await storage.stat(`forgotten/${id}`, { signal })) === undefined) gone.push(id);
  }
  return gone;
}

async function remember(
  { root, directory, path }: { root: string; directory: string | undefined; path: string },
  memory: RepositoryMemory,
  { log, events }: OperationContext,
): Promise<void> {
  try {
    if (directory === undefined) for (const usual of usualDirectories) await makeDirectory(join(root, usual));
    else await mkdir(directory, { recursive: true, mode: 0o700 });
    await using file = await createDurableFile(path, { temporaryPath: `${path}.part`, replace: true });
    await file.handle.writeFile(encodeMemory(memory));
    await file.commit();
  } catch (error) {
    if (errnoOf(error) === undefined && !isHoldfastError(error)) throw error;
    // Another run remembers what it saw at this moment.
    if (hasCode(error, 'SAVE_SUPERSEDED')) return;
    log.debug('this host does not remember what it saw of the repository', { path, why: String(error) });
    if (directory !== undefined)
      events({
        type: 'warning',
        code: 'memory-not-kept',
        message: `${path} cannot be written: this host does not remember what it saw of the repository`,
      });
  }
}

/** Not its parents: where there is no `/var/lib`, nothing is remembered. */
async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}

function warn({ gone, hasOtherKeys }: RecalledRepository, path: string, { events }: OperationContext): void {
  if (gone.length > 0)
    events({
      type: 'warning',
      code: 'backups-gone',
      message:
        `${gone.length} of the backups that this host has seen in the repository are gone and were not forgotten ` +
        `(${gone.slice(-3).join(', ')}): the store has gone back, or somebody took them away; ` +
        `when that was meant, remove ${path}`,
    });
  if (hasOtherKeys)
    events({
      type: 'warning',
      code: 'repository-keys-changed',
      message: `the repository has not the public keys that this host has seen in it; when that was meant, remove ${path}`,
    });
}
