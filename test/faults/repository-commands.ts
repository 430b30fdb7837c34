/** The commands that change a repository, as processes that are killed: what they are, and where. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Random } from '../support/random.ts';
import type { RunResult } from '../support/run-command.ts';
import { startHoldfast } from './holdfast-process.ts';

export type CommandKind = 'create' | 'forget' | 'prune' | 'copy';

/** A moment in the work of a command: right before or after an object appears in the store, or goes. */
export interface NamedPoint {
  readonly change: 'put' | 'delete';
  /** Of the object's name. */
  readonly prefix: string;
  readonly when: 'before' | 'after';
}

function points(...words: readonly string[]): readonly NamedPoint[] {
  return words.map((each) => {
    const [when, change, prefix] = each.split(' ') as [NamedPoint['when'], NamedPoint['change'], string];
    return { when, change, prefix };
  });
}

const writing = points(
  'after put sessions/',
  'before put packs/',
  'after put packs/',
  'before put index/',
  'after put index/',
  'before put backups/',
  'after put backups/',
  'before delete sessions/',
);

/** Between any two steps of the order in which the format has each write; of a copy, in the store that it goes to. */
export const namedPoints: Readonly<Record<CommandKind, readonly NamedPoint[]>> = {
  create: writing,
  copy: writing,
  forget: points(
    'before put forgotten/',
    'after put forgotten/',
    'before delete backups/',
    'after delete backups/',
  ),
  prune: points(
    'after put sessions/',
    'after put packs/',
    'after put index/',
    'before put prune/',
    'after put prune/',
    'before delete index/',
    'after delete index/',
    'before delete packs/',
    'after delete packs/',
    'before delete prune/',
    'after delete prune/',
    'before delete sessions/',
  ),
};

export type Kill = { readonly at: NamedPoint } | { readonly afterMs: number };

export interface KilledCommand {
  readonly kind: CommandKind;
  /** Where the repository is that it changes. */
  readonly changes: string;
  readonly words: readonly string[];
  readonly kill: Kill | undefined;
}

export interface EndedCommand extends KilledCommand {
  readonly result: RunResult;
  readonly isKilled: boolean;
}

/** One in three runs to its end, one is killed at a named point if it gets there, one at any moment. */
export function chooseKill(random: Random, kind: CommandKind, tookMs: number): Kill | undefined {
  const how = random.int(0, 2);
  if (how === 0) return undefined;
  return how === 1 ? { at: random.pick(namedPoints[kind]) } : { afterMs: random.next() * tookMs };
}

export async function runKilled(command: KilledCommand): Promise<EndedCommand> {
  const { words, kill, changes } = command;
  const preload = kill !== undefined && 'at' in kill ? [preloadOf(changes, kill.at)] : [];
  const running = startHoldfast(words, { preload, timeoutMs: 300_000 });
  const timer =
    kill !== undefined && 'afterMs' in kill
      ? setTimeout(() => running.kill('SIGKILL'), kill.afterMs)
      : undefined;
  const result = await running.ended;
  clearTimeout(timer);
  return { ...command, result, isKilled: result.signal === 'SIGKILL' };
}

function preloadOf(repository: string, point: NamedPoint): string {
  const url = pathToFileURL(join(import.meta.dirname, 'kill-at-object.ts'));
  for (const [name, value] of Object.entries({ directory: repository, ...point }))
    url.searchParams.set(name, value);
  return url.href;
}

export function describeKill(kill: Kill | undefined): string {
  if (kill === undefined) return 'to its end';
  return 'at' in kill
    ? `${kill.at.when} ${kill.at.change} ${kill.at.prefix}`
    : `after ${kill.afterMs.toFixed(0)} ms`;
}
