import { isHoldfastError, type OperationContext } from '../../base/index.ts';
import {
  type BackupRecord,
  listBackups,
  listPins,
  type Repository,
  type RetentionPin,
  type RetentionRecord,
} from '../../repository/index.ts';
import { readResults } from '../backup/index.ts';

/** The facts by which a policy decides. */
export interface RetentionInput {
  readonly records: readonly RetentionRecord[];
  /** Ids of backups whose records cannot be read: no policy decides on them. */
  readonly unreadable: readonly string[];
  /** Ids of all backups that are pinned, unreadable ones too. */
  readonly pinned: ReadonlySet<string>;
}

/** Reads what retention has to know of all backups. */
export async function readRetentionRecords(
  repository: Repository,
  ctx: OperationContext,
): Promise<RetentionInput> {
  const { signal } = ctx;
  const { backups, unreadable } = await listBackups(repository, signal);
  const puts = new Map<string, number>();
  for await (const { name, modifiedMs } of repository.storage.list('backups/', { signal }))
    puts.set(name.slice('backups/'.length), modifiedMs);
  const pins = new Map<string, RetentionPin>();
  for (const { name, statement } of await listPins(repository, signal))
    pins.set(
      name.split('/')[1]!,
      isHoldfastError(statement)
        ? { reason: 'the pin cannot be read' }
        : { reason: statement.reason, untilMs: timeOf(statement.until) },
    );
  const results = await readResults(repository, undefined, ctx);
  const recordOf = (record: BackupRecord): RetentionRecord => ({
    id: record.id,
    cluster: record.cluster.identity,
    createdAtMs: Date.parse(record.createdAt),
    storedAtMs: puts.get(record.id),
    copiedAtMs: timeOf(record.copiedAt),
    revision: record.revision,
    parent: record.parent,
    seen: record.seen,
    verification: results.get(record.id)?.at(-1)?.verdict ?? 'none',
    pin: pins.get(record.id),
  });
  return {
    records: backups.map(recordOf),
    unreadable: unreadable.map(({ id }) => id),
    pinned: new Set(pins.keys()),
  };
}

function timeOf(text: string | undefined): number | undefined {
  const timeMs = text === undefined ? Number.NaN : Date.parse(text);
  // An end that is no time is none.
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
