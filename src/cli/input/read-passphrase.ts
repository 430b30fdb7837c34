import { HoldfastError } from '../../base/index.ts';
import { type CommandHost, usageError } from '../command/index.ts';
import { readText } from './read-text.ts';

/** Where a passphrase may come from: the first of these that there is. Never a flag: others see command lines. */
export interface PassphraseSources {
  readonly file: string | undefined;
  /** Run by the shell; what it prints is the passphrase. */
  readonly command: string | undefined;
  /** A variable of the environment. */
  readonly variable: string;
  /** What a terminal is asked. */
  readonly question: string;
  /** Asked a second time on a terminal, since nothing can be compared with a new one. Default false. */
  readonly isNew?: boolean;
}

/**
 * A passphrase, without the line end of its file or command; undefined when there is nowhere to take one from.
 * Errors: USAGE (two answers that differ), FILE_NOT_FOUND, FILE_NOT_READABLE, COMMAND_FAILED, INTERRUPTED.
 */
export async function readPassphrase(
  { file, command, variable, question, isNew = false }: PassphraseSources,
  host: CommandHost,
): Promise<string | undefined> {
  if (file !== undefined) return withoutLineEnd(await readText(file));
  if (command !== undefined) return withoutLineEnd(await runCommand(command, host));
  const given = host.io.env[variable];
  if (given !== undefined) return given;
  const { askSecret } = host.io;
  if (askSecret === undefined) return undefined;
  const passphrase = await askSecret(question);
  if (isNew && passphrase !== (await askSecret('Once more: ')))
    throw usageError('the two passphrases are not the same', 'Run the command again.');
  return passphrase;
}

/** What it prints is a secret: nothing of it goes into a message. */
async function runCommand(command: string, { ctx }: CommandHost): Promise<string> {
  const { openLocalHost } = await import('../../hosts/index.ts');
  const result = await openLocalHost().run(['/bin/sh', '-c', command], { signal: ctx.signal });
  if (result?.exitCode === 0) return result.stdout;
  const ending = result === undefined ? 'cannot be run' : `ended with status ${result.exitCode}`;
  throw new HoldfastError('COMMAND_FAILED', `the passphrase command ${ending}`, {
    hint: 'Run it by hand to see what it says.',
  });
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '');
}
