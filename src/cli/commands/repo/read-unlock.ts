import { HoldfastError } from '../../../base/index.ts';
import type { SlotLock, Unlock } from '../../../repository/index.ts';
import { type CommandHost, type FlagValues, type repositoryFlags, usageError } from '../../command/index.ts';
import { readText } from './read-text.ts';

type UnlockFlags = Pick<
  FlagValues<typeof repositoryFlags>,
  'passphrase-file' | 'passphrase-command' | 'key-file' | 'identity-file'
>;

/**
 * What opens the repository: a key file, age identities, or a passphrase from a file, a command, the environment or the
 * terminal. Errors: USAGE, REPOSITORY_KEY_INVALID, FILE_NOT_FOUND, COMMAND_FAILED.
 */
export async function readUnlock(flags: UnlockFlags, host: CommandHost): Promise<Unlock> {
  const { parseAgeIdentities, parseKeyFile } = await import('../../../repository/index.ts');
  const keyFile = flags['key-file'];
  if (keyFile !== undefined) return { kind: 'key-file', key: parseKeyFile(await readText(keyFile)) };
  const identities = flags['identity-file'];
  if (identities !== undefined)
    return { kind: 'age', identities: parseAgeIdentities(await readText(identities)) };
  return { kind: 'passphrase', passphrase: await readPassphrase(flags, host, false) };
}

/** What the first key of a new repository opens with: a key file or a passphrase. */
export async function readLock(flags: UnlockFlags, host: CommandHost): Promise<SlotLock> {
  if (flags['identity-file'] !== undefined)
    throw usageError(
      'a repository is made with a passphrase or a key file',
      'Add age recipients to it afterwards.',
    );
  const keyFile = flags['key-file'];
  if (keyFile === undefined)
    return { kind: 'passphrase', passphrase: await readPassphrase(flags, host, true) };
  const { parseKeyFile } = await import('../../../repository/index.ts');
  return { kind: 'key-file', key: parseKeyFile(await readText(keyFile)) };
}

async function readPassphrase(flags: UnlockFlags, host: CommandHost, isNew: boolean): Promise<string> {
  const file = flags['passphrase-file'];
  if (file !== undefined) return withoutLineEnd(await readText(file));
  const command = flags['passphrase-command'];
  if (command !== undefined) return withoutLineEnd(await runCommand(command, host));
  const given = host.io.env['HOLDFAST_PASSPHRASE'];
  if (given !== undefined) return given;
  const { askSecret } = host.io;
  if (askSecret === undefined)
    throw usageError(
      'nothing was given that opens the repository',
      'Set HOLDFAST_PASSPHRASE_FILE, HOLDFAST_PASSPHRASE_COMMAND or HOLDFAST_PASSPHRASE, or give --key-file.',
    );
  const passphrase = await askSecret('Passphrase of the repository: ');
  if (isNew && passphrase !== (await askSecret('Once more: ')))
    throw usageError('the two passphrases are not the same');
  return passphrase;
}

/** What it prints is a secret: nothing of it goes into a message. */
async function runCommand(command: string, { ctx }: CommandHost): Promise<string> {
  const { openLocalHost } = await import('../../../hosts/index.ts');
  const result = await openLocalHost().run(['/bin/sh', '-c', command], { signal: ctx.signal });
  if (result?.exitCode === 0) return result.stdout;
  throw new HoldfastError(
    'COMMAND_FAILED',
    `the passphrase command ${result === undefined ? 'cannot be run' : `ended with status ${result.exitCode}`}`,
    {
      hint: 'Run it by hand to see what it says.',
    },
  );
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '');
}
