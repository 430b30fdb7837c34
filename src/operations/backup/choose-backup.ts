import { HoldfastError, type OperationContext } from '../../base/index.ts';
import {
  type BackupRecord,
  listBackupIds,
  readRecord,
  type Repository,
  stampTimeMs,
} from '../../repository/index.ts';
import { readResults } from './backup-results.ts';

/** `2026-11-22T10:00`, with seconds and an offset where somebody wants them. */
const momentPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?$/;

/** How many backups an error names. */
const namedBackups = 3;

/**
 * Finds the backup that a text means:
 *
 * - an id, or the beginning of exactly one
 * - `latest`: the newest one
 * - `latest-verified`: the newest one whose last verification or drill passed
 * - `2026-11-22T10:00`: the newest one of that second or before it; UTC unless an offset is given
 *
 * Errors: BACKUP_NOT_FOUND (none, or several begin like this; the hint names the newest), BACKUP_NAME_INVALID,
 * REPOSITORY_DAMAGED (its record), REPOSITORY_FORMAT_UNKNOWN, those of the store.
 */
export async function chooseBackup(
  repository: Repository,
  text: string,
  ctx: Pick<OperationContext, 'signal'>,
): Promise<BackupRecord> {
  const momentMs = parseMoment(text);
  const ids = await listBackupIds(repository, ctx.signal);
  return await readRecord(repository, await chooseId(), ctx.signal);

  async function chooseId(): Promise<string> {
    if (text === 'latest') return ids.at(-1) ?? missing('there is no backup yet', ids);
    if (text === 'latest-verified') {
      const results = await readResults(repository, undefined, ctx);
      const hasPassed = (id: string) => results.get(id)?.at(-1)?.verdict === 'passed';
      return ids.findLast(hasPassed) ?? missing('no backup has passed a verification yet', ids);
    }
    if (momentMs !== undefined) {
      const isBefore = (id: string) => stampTimeMs(id)! <= momentMs;
      return ids.findLast(isBefore) ?? missing(`there is no backup of ${text} or before it`, ids);
    }
    const matches = text === '' ? [] : ids.filter((id) => id.startsWith(text));
    if (matches.length > 1)
      return missing(`${matches.length} backups begin with ${JSON.stringify(text)}`, matches);
    return matches[0] ?? missing(`there is no backup ${JSON.stringify(text)}`, ids);
  }
}

/** Undefined for a text that is no time at all. Errors: BACKUP_NAME_INVALID for one that is none that exists. */
function parseMoment(text: string): number | undefined {
  // Ids are written without dashes.
  if (!/^\d{4}-/.test(text)) return undefined;
  const match = momentPattern.exec(text);
  const momentMs = match === null ? Number.NaN : Date.parse(match[2] === undefined ? `${text}Z` : text);
  if (!Number.isNaN(momentMs)) return momentMs;
  throw new HoldfastError('BACKUP_NAME_INVALID', `${JSON.stringify(text)} is no time of a backup`);
}

function missing(message: string, ids: readonly string[]): never {
  const newest = ids.slice(-namedBackups).toReversed();
  const named = newest.length === 1 ? 'There is' : 'The newest of them are';
  throw new HoldfastError('BACKUP_NOT_FOUND', message, {
    ...(newest.length > 0 && { hint: `${named} ${newest.join(', ')}; "holdfast backup list" shows all.` }),
  });
}
