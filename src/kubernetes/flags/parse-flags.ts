import type { Argument, Flags, FlagValue } from './flag-value.ts';

/**
 * The flags of a command line in every form that etcd (Go's flag package) and the programs of Kubernetes (pflag) take:
 * `--a=b`, `--a b`, `-a b`, `--a`; `--` ends them. Words that are no flags, the program's name among them, are passed
 * over: none of these programs takes any.
 */
export function parseFlags(argv: readonly (string | Argument)[]): Flags {
  const words = argv.map(asArgument);
  const flags = new Map<string, FlagValue>();
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (word.value === '--') break;
    const match = flagPattern.exec(word.value);
    if (match === null) continue;
    const name = match[1]!.replaceAll('_', '-');
    const next = words[index + 1];
    const isInNext = match[2] === undefined && next !== undefined && !looksLikeFlag(next.value);
    const value = isInNext ? next.value : (match[2]?.slice(1) ?? 'true');
    const { line } = isInNext ? next : word;
    const all = [...(flags.get(name)?.all ?? []), value];
    flags.set(name, { value, index, all, ...(line !== undefined && { line }) });
    if (isInNext) index++;
  }
  return flags;
}

/** A word of an argv, whichever way it is given. */
export function asArgument(word: string | Argument): Argument {
  return typeof word === 'string' ? { value: word } : word;
}

const flagPattern = /^--?([A-Za-z][\w.-]*)(=[^]*)?$/;

function looksLikeFlag(word: string): boolean {
  return word === '--' || flagPattern.test(word);
}
