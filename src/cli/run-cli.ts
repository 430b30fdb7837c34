/** One run of the program: words in, exit status out. Everything outside comes in through `CliIo`. */
import { HoldfastError } from '../base/index.ts';
import {
  type AnyCommand,
  backupNamed,
  backupPlaces,
  type CliIo,
  type CommandInput,
  type FlagSpecs,
  fileWords,
  type FlagValues,
  type GlobalValues,
  globalFlags,
  parseWords,
  type ParsedWords,
  repositoryFlags,
  usageError,
  withFiles,
} from './command/index.ts';
import { commandSurface } from './commands/index.ts';
import { isRecoveryPending } from '../operations/recovery-state/index.ts';
import { unsupportedFormat, usualWriteOuts } from './output/index.ts';
import {
  asHoldfastError,
  findConfig,
  type FlagSources,
  type FoundConfig,
  openSession,
  reportFailure,
  type ResolvedFlags,
  resolveFlags,
  type Session,
} from './session/index.ts';

type ParsedCommand = Extract<ParsedWords<typeof globalFlags>, { kind: 'command' }>;

/** Runs one command line and resolves with the exit status; it never rejects. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  let style = styleBeforeParsing(argv, io);
  try {
    const parsed = parseWords(commandSurface, argv, () => io.stdout.columns);
    if (parsed.kind === 'help') {
      io.stdout.write(parsed.text);
      return 0;
    }
    const early = resolveGlobals(parsed, io, undefined);
    const globals = early.values as GlobalValues;
    style = { isJson: globals['write-out'] === 'json', debug: globals.debug };
    const named = early.given.has('config') ? globals.config : undefined;
    const config = parsed.command.ignoresConfig === true ? undefined : await findConfig(named, io);
    return await runCommand(parsed, config, io);
  } catch (error) {
    return reportFailure(asHoldfastError(error), io.stderr, style);
  }
}

function resolveGlobals(
  { globals, givenGlobals }: ParsedCommand,
  io: CliIo,
  config: FoundConfig['file'],
): ResolvedFlags {
  const words = { values: globals, given: (flag: string) => givenGlobals.has(flag) };
  return resolveFlags(globalFlags, words, { env: io.env, config });
}

/** The input of a command with what environment and file say about its own flags. */
function resolveInput({ command, input }: ParsedCommand, io: CliIo, config: FoundConfig['file']) {
  const words = { values: input.flags, given: (flag: string) => input.given(flag) };
  const { values, given, origin } = resolveFlags(command.flags ?? {}, words, { env: io.env, config });
  return { ...input, flags: values as typeof input.flags, given: (flag: string) => given.has(flag), origin };
}

async function runCommand(
  parsed: ParsedCommand,
  config: FoundConfig | undefined,
  io: CliIo,
): Promise<number> {
  const { values, given, origin } = resolveGlobals(parsed, io, config?.file);
  const input = resolveInput(parsed, io, config?.file);
  const globals = values as GlobalValues;
  const configPath = config?.file?.path;
  const { command } = parsed;
  using session = openSession({ command, globals, given, origin, configPath, runLine: runCli }, io);
  const name = parsed.command.path.join(' ');
  session.log.debug('command started', { command: name });
  for (const warning of config?.warnings ?? []) session.log.warn(warning);
  tellPendingRecovery(parsed, session);
  try {
    refuseFormat(parsed.command, session);
    const status = await runWithBackups(parsed, input, session, { env: io.env, config: config?.file });
    session.clearProgress();
    session.releaseLines();
    session.log.debug('command finished', { command: name, 'exit-status': status });
    return status;
  } catch (thrown) {
    session.clearProgress();
    return tellFailure(thrown, parsed.command, session);
  }
}

/** Backups among the files that a command takes are fetched before it runs, and their copies removed after it. */
async function runWithBackups(
  { command, input: words }: ParsedCommand,
  input: CommandInput<FlagSpecs>,
  { host, names }: Session,
  sources: FlagSources,
): Promise<number> {
  const files = fileWords(command, input);
  if (!files.some((word) => backupNamed(word) !== undefined)) {
    if (backupPlaces(command).length > 0) refuseRepositoryFlags(command, words);
    return (await command.run(input, host)) ?? 0;
  }
  const given = { values: words.flags, given: (flag: string) => words.given(flag) };
  const flags = resolveFlags(repositoryFlags, given, sources).values as FlagValues<typeof repositoryFlags>;
  const { fetchBackups } = await import('./fetched-backups/index.ts');
  await using fetched = await fetchBackups(files, flags, host);
  for (const [path, name] of fetched.names) names.set(path, name);
  return (await command.run(withFiles(command, input, fetched.paths), host)) ?? 0;
}

/** Whoever names a repository means something in it. */
function refuseRepositoryFlags({ flags = {} }: AnyCommand, words: CommandInput<FlagSpecs>): void {
  const idle = Object.keys(repositoryFlags).find((name) => !(name in flags) && words.given(name));
  if (idle !== undefined)
    throw usageError(`--${idle} is of use only for a backup`, 'Name one as repo:ID or repo:latest.');
}

/** Whoever works on a host whose recovery was cut short should know; `recover` itself says more. */
function tellPendingRecovery({ command }: ParsedCommand, { host, log }: Session): void {
  if (command.knowsRecovery === true || host.globals.quiet) return;
  if (!isRecoveryPending(host.root)) return;
  log.warn(
    'a recovery of this host was interrupted: finish it with "holdfast recover --resume", or undo it with "--rollback"',
  );
}

function tellFailure(thrown: unknown, command: AnyCommand, session: Session): number {
  const { io, format, globals } = session.host;
  // Nobody is left to read: like a pipe's writer that is told to stop, it ends without a word.
  if (io.isOutputGone) return command.endsByInterrupt === true ? 0 : 1;
  const error = namingBackups(
    io.signal.aborted ? asInterruption(thrown) : asHoldfastError(thrown),
    session.names,
  );
  if (error.code === 'INTERRUPTED' && command.endsByInterrupt === true) return error.exitStatus;
  const warnings = session.takeWarnings();
  const status = reportFailure(error, io.stderr, {
    isJson: format === 'json',
    debug: globals.debug,
    warnings,
  });
  session.fileLog.error(error.message, { code: error.code, 'exit-status': status });
  return status;
}

/** The copy of a backup is gone when the message is read: it says which backup it was. */
function namingBackups(error: HoldfastError, names: ReadonlyMap<string, string>): HoldfastError {
  const { code, details, cause } = error;
  let { message, hint } = error;
  for (const [path, name] of names) {
    message = message.replaceAll(path, name);
    hint = hint.replaceAll(path, name);
  }
  return message === error.message && hint === error.hint
    ? error
    : new HoldfastError(code, message, { hint, details, cause });
}

/** After Ctrl-C whatever breaks breaks because of it, unless it is an error of its own. */
function asInterruption(thrown: unknown): HoldfastError {
  const error = asHoldfastError(thrown);
  return error.code === 'DEFECT' ? new HoldfastError('INTERRUPTED', 'interrupted', { cause: thrown }) : error;
}

function refuseFormat(command: AnyCommand, { host }: Session): void {
  const known = command.formats ?? usualWriteOuts;
  if (!known.includes(host.format)) throw unsupportedFormat(host.format, known);
}

/** A wrong command line has no parsed flags yet: looks for the two that decide how it is told. */
function styleBeforeParsing(argv: readonly string[], io: CliIo): { isJson: boolean; debug: boolean } {
  const words = argv.join(' ');
  const isJson =
    /(^| )(-w[= ]?|--write-out[= ])json( |$)/.test(words) || io.env['ETCDCTL_WRITE_OUT'] === 'json';
  return { isJson, debug: argv.includes('--debug') };
}
