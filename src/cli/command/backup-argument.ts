/** Arguments and flags that name a file and take a backup of the repository as well. */
import type { AnyCommand, ArgumentSpec, CommandInput } from './define-command.ts';
import type { FlagSpecs } from './flag-spec.ts';
import { repositoryFlags } from './setting-flags.ts';

const marker = 'repo:';

/** What a word names in the repository: `latest` for `repo:latest`; undefined for a path. */
export function backupNamed(word: string): string | undefined {
  return word.startsWith(marker) ? word.slice(marker.length) : undefined;
}

/** How a backup is called where a file is meant. */
export function backupWord(id: string): string {
  return `${marker}${id}`;
}

/** What an argument says that names a backup in the repository. */
export const backupIdSummary =
  'an id, its beginning, "latest", "latest-verified", or a time: 2026-11-22T10:00';

/** The arguments of a command that may be backups; they come first. */
function backupArguments({ args = [] }: AnyCommand): readonly ArgumentSpec[] {
  return args.filter(({ takesBackup }) => takesBackup === true);
}

/** The flags of a command whose values may be backups. */
function backupFlagNames({ flags = {} }: AnyCommand): readonly string[] {
  return Object.entries(flags).flatMap(([name, flag]) =>
    flag.kind === 'string' && flag.takesBackup === true ? [name] : [],
  );
}

/** Where a command takes a backup: names of arguments, and flags with their dashes. */
export function backupPlaces(spec: AnyCommand): readonly string[] {
  const args = backupArguments(spec).map(({ name }) => name);
  return [...args, ...backupFlagNames(spec).map((name) => `--${name}`)];
}

/** The words that a command was given for files, backups among them. */
export function fileWords(spec: AnyCommand, { args, flags }: CommandInput<FlagSpecs>): readonly string[] {
  const values = backupFlagNames(spec).map((name) => flags[name] as string | undefined);
  return [...args.slice(0, backupArguments(spec).length), ...values.filter((value) => value !== undefined)];
}

/** The same input with paths in place of the words that have one. */
export function withFiles(
  spec: AnyCommand,
  input: CommandInput<FlagSpecs>,
  paths: ReadonlyMap<string, string>,
): CommandInput<FlagSpecs> {
  const count = backupArguments(spec).length;
  const args = input.args.map((word, at) => (at < count ? (paths.get(word) ?? word) : word));
  const taking = backupFlagNames(spec).map(
    (name) => [name, input.flags[name] as string | undefined] as const,
  );
  const copied = taking.flatMap(([name, word]) => {
    const path = word === undefined ? undefined : paths.get(word);
    return path === undefined ? [] : [[name, path] as const];
  });
  return { ...input, args, flags: { ...input.flags, ...Object.fromEntries(copied) } };
}

/** Every flag that a command takes: those that its help lists, and those that reach a repository where it may need one. */
export function acceptedFlags(spec: AnyCommand): FlagSpecs {
  if (backupPlaces(spec).length === 0) return spec.flags ?? {};
  return { ...hiddenRepositoryFlags, ...spec.flags };
}

/** They would drown the others; the help says in a sentence that they are taken. */
const hiddenRepositoryFlags: FlagSpecs = Object.fromEntries(
  Object.entries(repositoryFlags).map(([name, spec]) => [name, { ...spec, hidden: true }]),
);

/** What the help says about them, in lines that may still be too long. */
export function backupHelp(spec: AnyCommand): string | undefined {
  const names = backupPlaces(spec).map((name) => (name.startsWith('--') ? name : name.toUpperCase()));
  if (names.length === 0) return undefined;
  return [
    `${names.join(' and ')} may be a backup as well:`,
    '  repo:ID                the backup with this id, or whose id begins so',
    '  repo:latest            the newest',
    '  repo:latest-verified   the newest that has passed its last verification or drill',
    '  repo:2026-11-22T10:00  the newest of then or before (UTC, or with an offset)',
    'HOLDFAST_REPOSITORY and HOLDFAST_PASSPHRASE, holdfast.yaml, or --repo and the other flags that "backup fetch" ' +
      'has for it say where it is and what opens it. A file of such a name is ./repo:NAME.',
  ].join('\n');
}
