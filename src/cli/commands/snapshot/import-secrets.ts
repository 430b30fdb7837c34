import { readFile } from 'node:fs/promises';
import { fileError, HoldfastError } from '../../../base/index.ts';
import type { ImportSecrets } from '../../../operations/import/index.ts';
import type { CommandHost } from '../../command/index.ts';

interface SecretFlags {
  readonly 'identity-file': string | undefined;
  readonly 'passphrase-file': string | undefined;
  readonly 'passphrase-command': string | undefined;
}

/** Where secrets of a backup come from: files, a command, the environment, the terminal; read when one is needed. */
export function readImportSecrets(flags: SecretFlags, host: CommandHost): ImportSecrets {
  return {
    async identities() {
      const file = flags['identity-file'];
      if (file === undefined) return [];
      const { parseAgeIdentities } = await import('../../../repository/index.ts');
      return parseAgeIdentities(await readText(file));
    },
    async passphrase() {
      const file = flags['passphrase-file'];
      if (file !== undefined) return withoutLineEnd(await readText(file));
      const command = flags['passphrase-command'];
      if (command !== undefined) return withoutLineEnd(await runCommand(command, host));
      return (
        host.io.env['HOLDFAST_IMPORT_PASSPHRASE'] ?? (await host.io.askSecret?.('Passphrase of the backup: '))
      );
    },
  };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw fileError(error, 'read', path);
  }
}

/** What it prints is a secret: nothing of it goes into a message. */
async function runCommand(command: string, { ctx }: CommandHost): Promise<string> {
  const { openLocalHost } = await import('../../../hosts/index.ts');
  const result = await openLocalHost().run(['/bin/sh', '-c', command], { signal: ctx.signal });
  if (result?.exitCode === 0) return result.stdout;
  throw new HoldfastError(
    'COMMAND_FAILED',
    `the passphrase command ended with status ${result?.exitCode ?? 'none'}`,
    {
      hint: 'Run it by hand to see what it says.',
    },
  );
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '');
}
