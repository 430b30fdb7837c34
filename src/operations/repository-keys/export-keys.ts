import type { OperationContext } from '../../base/index.ts';
import {
  formatKeySheet,
  generateFileKey,
  isPlainObjectName,
  listSlots,
  type PlainObject,
  readPlainObjects,
  removeSlot,
  type Repository,
} from '../../repository/index.ts';
import { addOpenableSlot } from './add-key.ts';
import { type KeySummary, summaryOf } from './list-keys.ts';
import { writePrivateFile } from './new-key.ts';

export interface ExportKeysOptions {
  readonly repository: Repository;
  /** A file to write, of mode 0600; it must not be there. Without it the sheet is only returned. */
  readonly path?: string;
  /** Adds a key that is on the sheet itself: whoever has the sheet can do what the key at hand allows. Default false. */
  readonly withKey?: boolean;
}

export interface ExportedKeys {
  /** The text of the sheet; a secret with a key on it. */
  readonly sheet: string;
  readonly repositoryId: string;
  /** Names of the objects on the sheet. */
  readonly objects: readonly string[];
  /** Names of keys that are damaged, and not on it. */
  readonly left: readonly string[];
  /** The key that is on it. */
  readonly key?: KeySummary;
}

/**
 * Writes down what opens a repository, as it lies in its store, for the day on which it is lost there. That the
 * repository is open vouches for its config.
 * Errors: FILE_EXISTS and the others of a new file, those of the store.
 */
export async function exportKeys(options: ExportKeysOptions, ctx: OperationContext): Promise<ExportedKeys> {
  const { repository, withKey = false } = options;
  if (!withKey) return writeSheet(options, undefined, ctx);
  const key = generateFileKey();
  const lock = { kind: 'key-file', key } as const;
  const slot = await addOpenableSlot(repository, { lock, label: 'key sheet' }, ctx);
  try {
    return { ...(await writeSheet(options, key, ctx)), key: summaryOf(slot) };
  } catch (error) {
    // Nobody has what opens it.
    await removeSlot(repository, slot.slot);
    throw error;
  }
}

async function writeSheet(
  { repository, path }: ExportKeysOptions,
  key: Uint8Array | undefined,
  { signal, clock, log }: OperationContext,
): Promise<ExportedKeys> {
  const { storage, repositoryId } = repository;
  const left = new Set<string>();
  for (const { name, problem } of await listSlots(storage, { signal }))
    if (problem !== undefined) left.add(name);
  const found = await readPlainObjects(storage, { signal });
  const objects: PlainObject[] = found.filter(({ name }) => isPlainObjectName(name) && !left.has(name));
  const sheet = formatKeySheet({
    ...{ repositoryId, location: storage.location, objects },
    writtenAt: new Date(clock.now()).toISOString(),
    ...(key !== undefined && { key }),
  });
  if (path !== undefined) await writePrivateFile(path, sheet);
  log.info('wrote a key sheet', { objects: objects.length, ...(path !== undefined && { path }) });
  return { sheet, repositoryId, objects: objects.map(({ name }) => name), left: [...left] };
}
