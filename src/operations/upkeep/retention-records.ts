import { isHoldfastError, type OperationContext } from '../../base/index.ts';
import {
  type BackupRecord,
  listBackups,
  listPins,
  listResults,
  type Repository,
  type RetentionPin,
  type RetentionRecord,
} from '../../repository/index.ts';

/** The facts by which a policy decides. */
export interface RetentionInput {
  readonly records: readonly RetentionRecord[];
  /** Ids of backups whose records cannot be read: no policy decides on them. */
  readonly unreadable: readonly string[];
}

/** Reads what retention has to know of all backups. */
export async function readRetentionRecords(
  repository: Repository,
  { signal }: OperationContext,
): Promise<RetentionInput> {
  const { backups, unreadable } = await listBackups(repository, signal);
  const puts = new Map<string, number>();
  for await (const { name, modifiedMs } of repository.storage.list('backups/', { signal }))
    puts.set(name.slice('backups/'.length), modifiedMs);
  const pins = new Map<string, RetentionPin>();
  for (const { name, statement } of await listPins(repository, signal))
    pins.set(
      name.slice('pins/'.length),
      isHoldfastError(statement)
        ? { reason: 'the pin cannot be read' }
        : { reason: statement.reason, untilMs: timeOf(statement.until) },
    );
  const verdicts = new Map<string, 'passed' | 'failed'>();
  // In order of their stamps: the last one stays.
  for (const { name, statement } of await listResults(repository, undefined, signal))
    if (!isHoldfastError(statement)) verdicts.set(name.split('/')[1]!, statement.verdict);
  const recordOf = (record: BackupRecord): RetentionRecord => ({
    id: record.id,
    cluster: record.cluster.identity,
    createdAtMs: Date.parse(record.createdAt),
    storedAtMs: puts.get(record.id),
    revision: record.revision,
    parent: record.parent,
    seen: record.seen,
    verification: verdicts.get(record.id) ?? 'none',
    pin: pins.get(record.id),
  });
  return { records: backups.map(recordOf), unreadable: unreadable.map(({ id }) => id) };
}

function timeOf(text: string | undefined): number | undefined {
  const timeMs = text === undefined ? Number.NaN : Date.parse(text);
  // An end that is no time is none.
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
