import {
  backupNamed,
  backupWord,
  type CommandHost,
  type FlagValues,
  type repositoryFlags,
} from '../command/index.ts';
import { openRepositoryOf } from '../commands/repo/index.ts';

/** Copies of backups. Disposing removes them. */
export interface FetchedBackups extends AsyncDisposable {
  /** The path of the copy, by the word that named the backup. */
  readonly paths: ReadonlyMap<string, string>;
  /** `repo:ID` by the path of the copy. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * Fetches the backups among the words that a command takes for files, each once. The repository is closed again before
 * the command begins.
 * Errors: USAGE (no repository, no key), those of opening it, of `chooseBackup` and `fetchBackup`, INTERRUPTED.
 */
export async function fetchBackups(
  words: readonly string[],
  flags: FlagValues<typeof repositoryFlags>,
  host: CommandHost,
): Promise<FetchedBackups> {
  const { openFetchedBackup } = await import('../../operations/backup/index.ts');
  await using stack = new AsyncDisposableStack();
  await using access = await openRepositoryOf(flags, host);
  const { repository } = access;
  const paths = new Map<string, string>();
  const names = new Map<string, string>();
  for (const word of words) {
    const id = backupNamed(word);
    if (id === undefined || paths.has(word)) continue;
    const { path, record } = stack.use(await openFetchedBackup({ repository, id }, host.ctx));
    paths.set(word, path);
    names.set(path, backupWord(record.id));
    host.ctx.log.info('fetched a backup', { backup: record.id });
  }
  const opened = stack.move();
  return { paths, names, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
