import {
  backupNamed,
  backupWord,
  type CommandHost,
  type FlagValues,
  type repositoryFlags,
} from '../command/index.ts';
import { openRepositoryOf } from '../commands/repo/index.ts';

export interface BackupArguments {
  readonly args: readonly string[];
  /** How many of them, from the first on, may be backups. */
  readonly count: number;
  readonly flags: FlagValues<typeof repositoryFlags>;
}

/** Arguments as the command takes them. Disposing removes the copies. */
export interface FetchedArguments extends AsyncDisposable {
  /** With the paths of copies in place of backups. */
  readonly args: readonly string[];
  /** `repo:ID` by the path of the copy. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * Fetches the backups among the arguments of a command, each once. The repository is closed again before the command
 * begins.
 * Errors: USAGE (no repository, no key), those of opening it, of `chooseBackup` and `fetchBackup`, INTERRUPTED.
 */
export async function fetchArguments(
  { args, count, flags }: BackupArguments,
  host: CommandHost,
): Promise<FetchedArguments> {
  const { openFetchedBackup } = await import('../../operations/backup/index.ts');
  await using stack = new AsyncDisposableStack();
  await using access = await openRepositoryOf(flags, host);
  const { repository } = access;
  const paths = new Map<string, string>();
  const names = new Map<string, string>();
  for (const word of args.slice(0, count)) {
    const id = backupNamed(word);
    if (id === undefined || paths.has(word)) continue;
    const { path, record } = stack.use(await openFetchedBackup({ repository, id }, host.ctx));
    paths.set(word, path);
    names.set(path, backupWord(record.id));
    host.ctx.log.info('fetched a backup', { backup: record.id });
  }
  const opened = stack.move();
  return {
    args: args.map((word, at) => (at < count ? (paths.get(word) ?? word) : word)),
    names,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
