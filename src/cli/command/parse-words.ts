/** From words to a command and its typed input. The parser is commander; the declarations stay ours. */
import { type Command, CommanderError } from 'commander';
import { type ArrangedWords, arrangeWords, type WordTree } from './arrange-words.ts';
import { acceptedFlags } from './backup-argument.ts';
import { buildTree, type CommandSurface, leafCommand } from './commander-tree.ts';
import type { AnyCommand, CommandInput } from './define-command.ts';
import type { FlagSpecs, FlagValues } from './flag-spec.ts';
import { usageText } from './help.ts';
import { usageError } from './usage-error.ts';
import { fromDefault } from './value-origin.ts';

export type ParsedWords<G extends FlagSpecs> =
  | { readonly kind: 'help'; readonly text: string }
  | {
      readonly kind: 'command';
      readonly command: AnyCommand;
      readonly input: CommandInput<FlagSpecs>;
      readonly globals: FlagValues<G>;
      readonly givenGlobals: ReadonlySet<string>;
    };

/**
 * Finds the command and reads its words. Errors: USAGE.
 *
 * @param columns how wide the terminal is that help is for; asked only when there is help to show
 */
export function parseWords<G extends FlagSpecs>(
  surface: CommandSurface & { readonly globalFlags: G },
  argv: readonly string[],
  columns: () => number | undefined = () => undefined,
): ParsedWords<G> {
  const everyFlag = Object.assign({}, ...surface.commands.map(({ flags }) => flags ?? {})) as FlagSpecs;
  const words = spelledOut(argv);
  const arranged = arrangeWords(words, wordTree(surface), { ...everyFlag, ...surface.globalFlags });
  const command = surface.commands.find(({ path }) => path.join(' ') === arranged.words.join(' '));
  const keeps = command?.keepsSeparator === true;
  const after = keeps || arranged.afterSeparator === undefined ? [] : ['--', ...arranged.afterSeparator];
  let helpText = '';
  const tree = buildTree(surface, { onHelp: (text) => (helpText += text), columns, only: command });
  try {
    tree.program.parse([...arranged.words, ...arranged.rest, ...after], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (helpText !== '') return { kind: 'help', text: helpText };
    if (error.code === 'commander.unknownCommand') throw unknownCommand(error, arranged, surface);
    throw usageFrom(error, command);
  }
  const leaf = tree.matched();
  if (leaf === undefined) return { kind: 'help', text: helpText };
  return {
    kind: 'command',
    command: leaf.spec,
    input: inputOf(leaf.command, acceptedFlags(leaf.spec), keeps ? arranged.afterSeparator : undefined),
    globals: valuesOf(tree.program, surface.globalFlags) as FlagValues<G>,
    givenGlobals: givenOf(tree.program, surface.globalFlags),
  };
}

/** More places than this are no help. */
const most = 3;

/** What everybody tries first: `help COMMAND` as with cobra, and `--version`. */
function spelledOut(argv: readonly string[]): readonly string[] {
  if (argv[0] === 'help') return [...argv.slice(1), '--help'];
  return argv.length === 1 && argv[0] === '--version' ? ['version'] : argv;
}

/** The hint is where the same word is a command, else commander's guess, else where the commands are listed. */
function unknownCommand(
  error: CommanderError,
  { words }: ArrangedWords,
  { name, commands }: CommandSurface,
): Error {
  const sentence = sentenceOf(error);
  const word = /'(.*)'/.exec(sentence)?.[1];
  const elsewhere = commands
    .filter(({ path, hidden }) => path.at(-1) === word && hidden !== true)
    .map(({ path }) => `"${[name, ...path].join(' ')}"`);
  const guess = guessOf(error);
  if (elsewhere.length > 0 && elsewhere.length <= most)
    return usageError(sentence, `There is ${elsewhere.join(' and ')}.`);
  if (guess !== undefined) return usageError(sentence, `Did you mean ${guess}?`);
  return usageError(sentence, `"${[name, ...words].join(' ')} --help" lists the commands.`);
}

/** Reads the words of one command that stands alone, as in the lines of a transaction. Errors: USAGE. */
export function parseInput(spec: AnyCommand, words: readonly string[]): CommandInput<FlagSpecs> {
  const { rest, afterSeparator } = arrangeWords(words, {}, spec.flags ?? {});
  const command = leafCommand(spec).helpOption(false);
  try {
    command.parse(afterSeparator === undefined ? rest : [...rest, '--', ...afterSeparator], { from: 'user' });
  } catch (error) {
    throw error instanceof CommanderError ? usageFrom(error, spec) : error;
  }
  return inputOf(command, spec.flags ?? {}, undefined);
}

function wordTree(surface: CommandSurface): WordTree {
  const tree: Record<string, Record<string, object>> = {};
  for (const { path } of surface.commands) {
    let branch: Record<string, object> = tree;
    for (const word of path) branch = (branch[word] ??= {}) as Record<string, object>;
  }
  return tree as WordTree;
}

function inputOf(
  command: Command,
  flags: FlagSpecs,
  afterSeparator: readonly string[] | undefined,
): CommandInput<FlagSpecs> {
  const given = givenOf(command, flags);
  return {
    args: command.args,
    flags: valuesOf(command, flags),
    given: (flag) => given.has(flag),
    origin: (flag) => (given.has(flag) ? { kind: 'flag' } : fromDefault),
    afterSeparator,
  };
}

function valuesOf(command: Command, flags: FlagSpecs): FlagValues<FlagSpecs> {
  const values = command.opts<Record<string, unknown>>();
  return Object.fromEntries(
    Object.keys(flags).map((name) => [name, values[attributeName(name)]]),
  ) as FlagValues<FlagSpecs>;
}

function givenOf(command: Command, flags: FlagSpecs): ReadonlySet<string> {
  return new Set(
    Object.keys(flags).filter((name) => command.getOptionValueSource(attributeName(name)) === 'cli'),
  );
}

function attributeName(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The hint is what commander guesses or what a value has to be, else how the command is written. */
function usageFrom(error: CommanderError, command: AnyCommand | undefined): Error {
  const sentence = sentenceOf(error);
  const guess = guessOf(error);
  if (guess !== undefined) return usageError(sentence, `Did you mean ${guess}?`);
  const [, wrong, advice] = /^(.* is invalid)\. (.+)$/s.exec(sentence) ?? [];
  if (wrong !== undefined) return usageError(wrong, advice);
  return usageError(sentence, command && `Usage: ${usageText(command)}. Run it with --help for its flags.`);
}

/** Without commander's prefix and guess. */
function sentenceOf(error: CommanderError): string {
  return error.message.replace(/^error: /, '').replace(/\n[^]*$/, '');
}

function guessOf(error: CommanderError): string | undefined {
  return /\(Did you mean (.*)\?\)/.exec(error.message)?.[1];
}
