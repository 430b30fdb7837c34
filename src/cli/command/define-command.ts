import type { WriteOut } from '../output/index.ts';
import type { CommandHost } from './command-host.ts';
import type { FlagSpecs, FlagValues } from './flag-spec.ts';
import type { ValueOrigin } from './value-origin.ts';

export interface ArgumentSpec {
  readonly name: string;
  readonly summary: string;
  /** Arguments are required unless they say otherwise. */
  readonly optional?: boolean;
  /** Takes all words that are left; only the last argument can. */
  readonly isList?: boolean;
  /** A file that may be a backup of the repository instead: the command gets the path of a copy then. */
  readonly takesBackup?: boolean;
}

/** As usage lines have it: `<file>`, `[file]`, `[file...]`. */
export function argumentWord({ name, optional = false, isList = false }: ArgumentSpec): string {
  const word = isList ? `${name}...` : name;
  return optional ? `[${word}]` : `<${word}>`;
}

export interface CommandExample {
  readonly command: string;
  readonly explains: string;
}

/** What the words on the command line became. */
export interface CommandInput<F extends FlagSpecs> {
  readonly args: readonly string[];
  readonly flags: FlagValues<F>;
  /** Whether somebody gave the flag a value, wherever (see `origin`), as opposed to its having its default value. */
  given(flag: keyof F & string): boolean;
  /** Where its value comes from. */
  origin(flag: keyof F & string): ValueOrigin;
  /** What follows `--`, for a command that runs another one; undefined when there is no `--`. */
  readonly afterSeparator: readonly string[] | undefined;
}

/** An exit status other than 0 for a command that has printed its result; nothing means 0. */
export type ExitStatus = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 130;

/**
 * One command as data. `run` is the only part that does something: it takes the words, calls one operation and
 * prints the result. What it needs beyond this floor's own modules it imports when it runs, so that a command pays
 * for its own weight only.
 */
export interface CommandSpec<F extends FlagSpecs = FlagSpecs> {
  /** The words that call it: `['snapshot', 'save']`. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly args?: readonly ArgumentSpec[];
  readonly flags?: F;
  readonly examples?: readonly CommandExample[];
  /** Statuses beside 0, 1, 2 and 130 that the help explains. */
  readonly exitStatuses?: Readonly<Partial<Record<3 | 4 | 5 | 6, string>>>;
  /** Output formats that it knows; another one is refused before anything is done. etcdctl's four by default. */
  readonly formats?: readonly WriteOut[];
  /** Takes what follows `--` for itself (see `CommandInput.afterSeparator`). */
  readonly keepsSeparator?: boolean;
  /** Ctrl-C is how it normally ends: no message then. */
  readonly endsByInterrupt?: boolean;
  /** Deals with interrupted recoveries itself: it is not told of one. */
  readonly knowsRecovery?: boolean;
  /** Works without `holdfast.yaml`: must run when the file is broken. */
  readonly ignoresConfig?: boolean;
  /** Called by this program on another host, not by people: the help does not show it. */
  readonly hidden?: boolean;
  /** Where the step lines of its operation go: stderr by default; `log-file`: nowhere else, it has better words. */
  readonly steps?: 'stdout' | 'stderr' | 'log-file';
  /** Its simple format is a report for people: on a terminal, lines that are too long go on below their column. */
  readonly isReport?: boolean;
  run(input: CommandInput<F>, host: CommandHost): Promise<ExitStatus | undefined>;
}

/** A command whose flag types have been checked against its own `run`. */
export type AnyCommand = CommandSpec;

/** Keeps the literal types of a declaration, so that `run` sees each flag with its own type. */
export function defineCommand<const F extends FlagSpecs>(spec: CommandSpec<F>): AnyCommand {
  return spec;
}

/** Words of a path that stand for a group of commands, with what `--help` says about it. */
export interface CommandGroup {
  readonly path: readonly string[];
  readonly summary: string;
}
