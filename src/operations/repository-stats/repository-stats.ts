import { hasCode, HoldfastError, type OperationContext } from '../../base/index.ts';
import {
  type CountedContents,
  type CountedObjects,
  countContents,
  countObjects,
  listSlots,
  type ObjectGroup,
  pruneRepository,
  type Repository,
  type SlotKind,
} from '../../repository/index.ts';
import type { StorageCapabilities } from '../../storage/index.ts';
import { type BackupSummary, listStoredBackups } from '../backup/index.ts';

/** What one backup brought along. */
export interface BackupAddition {
  readonly id: string;
  /** Of the file that it was made from. */
  readonly databaseBytes: number;
  /** Bytes of rows that were not there before. */
  readonly newBytes: number;
  /** What was put into the store for it. */
  readonly storedBytes: number;
}

/** What a prune would do now. */
export interface UnneededBytes {
  /** By which the store would shrink. */
  readonly freedBytes: number;
  /** That no backup needs and that would stay: in packs of which too much is needed, or too young. */
  readonly stayingBytes: number;
}

export interface RepositoryStats {
  readonly repositoryId: string;
  readonly location: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly capabilities: StorageCapabilities;
  /** Number of keys of each kind. */
  readonly keys: Readonly<Record<SlotKind, number>>;
  readonly generation: number;
  readonly backups: number;
  readonly verified: number;
  readonly pinned: number;
  /** Ids; none in a repository without backups. */
  readonly oldest?: string;
  readonly newest?: string;
  /** All databases as files, as if each backup was a copy. */
  readonly databaseBytes: number;
  /** Keys and values of all rows of all backups. */
  readonly rowBytes: number;
  /** The same rows in chunks, each once, and in packs. */
  readonly rows: CountedContents;
  readonly stored: CountedObjects;
  readonly groups: ReadonlyMap<ObjectGroup, CountedObjects>;
  /** Oldest first. */
  readonly additions: readonly BackupAddition[];
  /** None when what is needed cannot be told (see `problems`), and while a prune is at work. */
  readonly unneeded?: UnneededBytes;
  /** What could not be counted, because it is damaged. */
  readonly problems: readonly HoldfastError[];
}

/**
 * Counts a repository from its records, its index and the lists of its store; recipes are read, packs are not.
 * Errors: those of the store. Damage is among `problems`.
 */
export async function readRepositoryStats(
  { repository }: { readonly repository: Repository },
  ctx: OperationContext,
): Promise<RepositoryStats> {
  const problems: HoldfastError[] = [];
  const { backups, unreadable } = await listStoredBackups({ repository }, ctx);
  problems.push(...unreadable.map(({ error }) => error));
  const contents = await countContents(repository, ctx);
  const groups = await countObjects(repository, ctx);
  for (const { error } of repository.unreadableSegments)
    if (error instanceof HoldfastError) problems.push(error);
  const unneeded = await countUnneeded(repository, problems, ctx);
  const { storage, repositoryId, configs, keys } = repository;
  return {
    ...{ repositoryId, location: storage.location, createdAt: configs[0].createdAt },
    capabilities: storage.capabilities,
    keys: await countKeys(repository, ctx),
    generation: keys.publicKeys.length,
    ...countBackups(backups),
    rows: contents.rows,
    stored: sumOf([...groups.values()]),
    groups,
    ...(unneeded !== undefined && { unneeded }),
    problems,
  };
}

async function countKeys(
  { storage, repositoryId }: Repository,
  { signal }: OperationContext,
): Promise<Record<SlotKind, number>> {
  const keys = { passphrase: 0, 'key-file': 0, age: 0 };
  for (const { slot } of await listSlots(storage, { signal }))
    if (slot?.repositoryId === repositoryId) keys[slot.kind]++;
  return keys;
}

function countBackups(backups: readonly BackupSummary[]) {
  const additions = backups.map(
    ({ record }): BackupAddition => ({
      id: record.id,
      databaseBytes: record.source.sizeBytes,
      newBytes: record.stored.newBytes,
      storedBytes: record.stored.uploadedBytes,
    }),
  );
  const [oldest, newest] = [additions[0]?.id, additions.at(-1)?.id];
  return {
    backups: backups.length,
    verified: backups.filter(({ results }) => results.at(-1)?.verdict === 'passed').length,
    pinned: backups.filter(({ pin }) => pin !== undefined).length,
    ...(oldest !== undefined && newest !== undefined && { oldest, newest }),
    databaseBytes: additions.reduce((sum, { databaseBytes }) => sum + databaseBytes, 0),
    rowBytes: backups.reduce((sum, { record }) => sum + record.totals.bytes, 0),
    additions,
  };
}

async function countUnneeded(
  repository: Repository,
  problems: HoldfastError[],
  ctx: OperationContext,
): Promise<UnneededBytes | undefined> {
  try {
    const { totals, deletedBytes, waiting } = await pruneRepository(repository, { dryRun: true }, ctx);
    if (totals === undefined) return undefined;
    // One that has to wait for a writer frees the same later.
    const goingBytes = waiting === undefined ? deletedBytes : deletedBytes + totals.deletedBytes;
    return {
      freedBytes: Math.max(goingBytes - totals.repackedBytes, 0),
      stayingBytes: totals.wasteBytes,
    };
  } catch (error) {
    // A prune is at work: nobody can say what it will leave.
    if (hasCode(error, 'REPOSITORY_BUSY')) return undefined;
    if (!hasCode(error, 'REPOSITORY_DAMAGED')) throw error;
    problems.push(error);
    return undefined;
  }
}

function sumOf(counted: readonly CountedObjects[]): CountedObjects {
  return {
    objects: counted.reduce((sum, { objects }) => sum + objects, 0),
    bytes: counted.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
