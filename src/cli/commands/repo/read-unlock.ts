import type { SlotLock, Unlock } from '../../../repository/index.ts';
import { type CommandHost, type FlagValues, type repositoryFlags, usageError } from '../../command/index.ts';
import { readPassphrase, readText } from '../../input/index.ts';

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
  return { kind: 'passphrase', passphrase: await repositoryPassphrase(flags, host, false) };
}

/** What the first key of a new repository opens with: a key file or a passphrase. */
export async function readLock(flags: UnlockFlags, host: CommandHost): Promise<SlotLock> {
  if (flags['identity-file'] !== undefined)
    throw usageError(
      'a repository is made with a passphrase or a key file',
      'Add age recipients to it afterwards, with "holdfast repo key add --recipient".',
    );
  const keyFile = flags['key-file'];
  if (keyFile === undefined)
    return { kind: 'passphrase', passphrase: await repositoryPassphrase(flags, host, true) };
  const { parseKeyFile } = await import('../../../repository/index.ts');
  return { kind: 'key-file', key: parseKeyFile(await readText(keyFile)) };
}

async function repositoryPassphrase(flags: UnlockFlags, host: CommandHost, isNew: boolean): Promise<string> {
  const passphrase = await readPassphrase(
    {
      file: flags['passphrase-file'],
      command: flags['passphrase-command'],
      variable: 'HOLDFAST_PASSPHRASE',
      question: 'Passphrase of the repository: ',
      isNew,
    },
    host,
  );
  if (passphrase !== undefined) return passphrase;
  throw usageError(
    'nothing was given that opens the repository',
    'Set HOLDFAST_PASSPHRASE_FILE, HOLDFAST_PASSPHRASE_COMMAND or HOLDFAST_PASSPHRASE, or give --key-file.',
  );
}
