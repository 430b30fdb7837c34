import { isDeepStrictEqual } from 'node:util';
import { displayText, hasCode, HoldfastError, type OperationContext } from '../../base/index.ts';
import {
  configName,
  listSlots,
  openRepository,
  parseKeySheet,
  type PlainObject,
  readConfigs,
  slotDirectory,
  type Unlock,
} from '../../repository/index.ts';
import { openMemoryStorage, type Storage } from '../../storage/index.ts';

export interface ImportKeysOptions {
  readonly storage: Storage;
  /** The text of a key sheet. */
  readonly sheet: string;
  /** What opens one of the keys on it; needed for a sheet without a key of its own. */
  readonly unlock: () => Promise<Unlock>;
  /** Also puts back keys that are missing where others are there: they may have been removed on purpose. Default false. */
  readonly allKeys?: boolean;
}

export interface ImportedKeys {
  readonly repositoryId: string;
  /** Names of objects that were missing. */
  readonly restored: readonly string[];
  /** Names of objects that were there, and not what they were. */
  readonly replaced: readonly string[];
  /** Names of keys that are missing and were not put back. */
  readonly left: readonly string[];
}

/**
 * Puts what opens a repository back into its store, from a sheet. The sheet is opened first: what is on it was written
 * by who has the keys, or nothing is touched. What is there and right stays.
 * Errors: REPOSITORY_KEY_INVALID (not a sheet), REPOSITORY_KEY_WRONG, REPOSITORY_DAMAGED (a sheet that was changed),
 * REPOSITORY_EXISTS (the store holds another repository), those of the store.
 */
export async function importKeys(options: ImportKeysOptions, ctx: OperationContext): Promise<ImportedKeys> {
  const { storage } = options;
  const { signal } = ctx;
  const { objects, key } = parseKeySheet(options.sheet);
  const unlock: Unlock = key === undefined ? await options.unlock() : { kind: 'key-file', key };
  const { repositoryId } = await openSheet(objects, unlock, ctx);
  await requireSameRepository(storage, repositoryId, signal);
  const hasKeys = (await listSlots(storage, { signal })).some(
    ({ slot }) => slot?.repositoryId === repositoryId,
  );
  const restored: string[] = [];
  const replaced: string[] = [];
  const left: string[] = [];
  // The config makes it a repository: it comes last, as when one is made.
  const inOrder = [...objects.filter(({ name }) => name !== configName), ...objects.filter(isConfig)];
  for (const object of inOrder) {
    const { name, bytes } = object;
    const state = await stateOf(storage, object, signal);
    if (state === 'same') continue;
    if (state === 'missing' && hasKeys && options.allKeys !== true && name.startsWith(slotDirectory)) {
      left.push(name);
      continue;
    }
    if (state === 'other') await storage.delete(name, { signal });
    await storage.putIfAbsent(name, [bytes], { signal });
    (state === 'missing' ? restored : replaced).push(name);
    ctx.log.info('put back', { object: name });
  }
  return { repositoryId, restored, replaced, left };
}

function isConfig({ name }: PlainObject): boolean {
  return name === configName;
}

/** Opens the repository that the sheet is of, in memory: its config and the slot that opens are proved then. */
async function openSheet(objects: readonly PlainObject[], unlock: Unlock, ctx: OperationContext) {
  const storage = openMemoryStorage();
  for (const { name, bytes } of objects) await storage.putIfAbsent(name, [bytes]);
  try {
    return await openRepository(storage, { unlock }, ctx);
  } catch (error) {
    if (!hasCode(error, 'REPOSITORY_KEY_WRONG')) throw error;
    throw new HoldfastError('REPOSITORY_KEY_WRONG', 'no key on the sheet opens with what was given', {
      hint: 'Give what opened the repository when the sheet was written.',
      cause: error,
    });
  }
}

/** Errors: REPOSITORY_EXISTS. A config that cannot be read says nothing. */
async function requireSameRepository(
  storage: Storage,
  repositoryId: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    const [config] = await readConfigs(storage, signal);
    if (config.repositoryId === repositoryId) return;
  } catch (error) {
    if (hasCode(error, 'REPOSITORY_NOT_FOUND') || hasCode(error, 'REPOSITORY_DAMAGED')) return;
    throw error;
  }
  throw new HoldfastError('REPOSITORY_EXISTS', `${storage.location} holds another repository`, {
    details: { location: storage.location },
  });
}

async function stateOf(
  storage: Storage,
  { name, bytes }: PlainObject,
  signal: AbortSignal,
): Promise<'missing' | 'same' | 'other'> {
  try {
    const found = await storage.get(name, { signal });
    return isSameJson(found, bytes) ? 'same' : 'other';
  } catch (error) {
    if (hasCode(error, 'STORAGE_OBJECT_MISSING')) return 'missing';
    throw error;
  }
}

/** What was typed again may have other white space. */
function isSameJson(found: Uint8Array, wanted: Uint8Array): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(displayText(found)), JSON.parse(displayText(wanted)));
  } catch {
    // What is there is not JSON; that of the sheet was opened.
    return false;
  }
}
