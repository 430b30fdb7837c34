/**
 * Brings a command line as cobra takes it into the order and spelling that the parser takes.
 *
 * Cobra accepts flags before, between and after the words of a command, `--flag=true` for switches, and a word cut
 * short as long as it stays unique (`mem li`). Source of the fact: tried with etcdctl 3.5.16, 3.6.16 and 3.7.3.
 */
import type { FlagSpecs } from './flag-spec.ts';
import { parseGoBool } from './go-values.ts';
import { usageError } from './usage-error.ts';

/** The command words as a tree; a leaf is a command. */
export interface WordTree {
  readonly [word: string]: WordTree;
}

export interface ArrangedWords {
  /** Full command words, then flags and arguments in their order. */
  readonly words: readonly string[];
  readonly rest: readonly string[];
  /** What follows the first `--`. */
  readonly afterSeparator: readonly string[] | undefined;
}

interface FlagTable {
  readonly long: FlagSpecs;
  readonly short: Readonly<Record<string, string>>;
}

/**
 * @param flags every flag that may occur, of whatever command: a value must not be taken for a command word
 * @throws USAGE for a switch with a value that is neither true nor false
 */
export function arrangeWords(argv: readonly string[], tree: WordTree, flags: FlagSpecs): ArrangedWords {
  const separator = separatorIndex(argv, tableOf(flags));
  const tokens = separator === -1 ? argv : argv.slice(0, separator);
  const afterSeparator = separator === -1 ? undefined : argv.slice(separator + 1);
  const table = tableOf(flags);
  const words: string[] = [];
  const rest: string[] = [];
  let branch: WordTree | undefined = tree;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.length > 1 && token.startsWith('-')) {
      rest.push(...spellFlag(token, table));
      if (takesNext(token, table) && i + 1 < tokens.length) rest.push(tokens[++i]!);
      continue;
    }
    const word: string | undefined = branch && matchWord(token, branch);
    branch = word === undefined ? undefined : branch?.[word];
    if (word === undefined) rest.push(token);
    else words.push(word);
  }
  return { words, rest, afterSeparator };
}

/** The first `--` that is not the value of a flag. */
function separatorIndex(argv: readonly string[], table: FlagTable): number {
  for (let i = 0; i < argv.length; i++) {
    if (argv[i] === '--') return i;
    if (takesNext(argv[i]!, table)) i++;
  }
  return -1;
}

function tableOf(flags: FlagSpecs): FlagTable {
  const shorts = Object.entries(flags).filter(([, { short }]) => short !== undefined);
  return { long: flags, short: Object.fromEntries(shorts.map(([name, { short }]) => [short!, name])) };
}

/** The word itself, or the only one that begins so. */
function matchWord(token: string, branch: WordTree): string | undefined {
  const known = Object.keys(branch);
  if (known.includes(token)) return token;
  const longer = known.filter((word) => token !== '' && word.startsWith(token));
  return longer.length === 1 ? longer[0] : undefined;
}

function takesNext(token: string, table: FlagTable): boolean {
  const name = /^--([^=]+)$/.exec(token)?.[1] ?? table.short[/^-([^-=])$/.exec(token)?.[1] ?? ''];
  const spec = name === undefined ? undefined : table.long[name];
  return spec !== undefined && spec.kind !== 'boolean';
}

/** `--switch=false` becomes `--no-switch`, `-w=json` becomes `-w json`; everything else stays. */
function spellFlag(token: string, table: FlagTable): readonly string[] {
  const match = /^(--([^=]+)|-([^-=]))=(.*)$/s.exec(token);
  if (match === null) return [token];
  const [, , long, short, value] = match as unknown as [string, string, string?, string?, string?];
  const name = long ?? table.short[short!];
  const spec = name === undefined ? undefined : table.long[name];
  if (spec === undefined || name === undefined) return [token];
  if (spec.kind !== 'boolean') return short === undefined ? [token] : [`-${short}`, value!];
  const on = parseGoBool(value!);
  if (on === undefined)
    throw usageError(`invalid argument "${value!}" for "--${name}" flag`, 'A switch is true or false.');
  return [on ? `--${name}` : `--no-${name}`];
}
