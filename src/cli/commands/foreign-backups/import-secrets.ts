import type { ImportSecrets } from '../../../operations/import/index.ts';
import type { CommandHost } from '../../command/index.ts';
import { readPassphrase, readText } from '../../input/index.ts';

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
    passphrase: () =>
      readPassphrase(
        {
          file: flags['passphrase-file'],
          command: flags['passphrase-command'],
          variable: 'HOLDFAST_IMPORT_PASSPHRASE',
          question: 'Passphrase of the backup: ',
        },
        host,
      ),
  };
}
