import { defineCommand, repositoryFlags, usageError } from '../../../command/index.ts';
import { keyView } from '../../../output/views/index.ts';
import { openRepositoryOf } from '../open-repository.ts';
import { newPassphraseFlags, readNewPassphrase, requireOneKind } from './read-new-key.ts';

export const repoKeyPasswdCommand = defineCommand({
  path: ['repo', 'key', 'passwd'],
  summary: 'change the passphrase that the repository is opened with',
  description:
    'Puts a key with the new passphrase in the place of the old one, which goes when the new one has opened the ' +
    'repository. The new passphrase comes from a file, a command, HOLDFAST_NEW_PASSPHRASE or the terminal. Who had the ' +
    'old one and a copy of the store can still use that: see "holdfast repo key rotate".',
  flags: { ...repositoryFlags, ...newPassphraseFlags },
  examples: [
    { command: 'holdfast repo key passwd', explains: 'Asks for the old one, then twice for the new one' },
    {
      command: 'holdfast repo key passwd --passphrase-file old.txt --new-passphrase-file new.txt',
      explains: 'For a script',
    },
  ],
  steps: 'log-file',
  exitStatuses: { 4: 'the passphrase is wrong' },
  async run({ flags }, host) {
    requireOneKind(flags);
    if (flags['key-file'] !== undefined || flags['identity-file'] !== undefined)
      throw usageError(
        'only a passphrase can be changed',
        'Open the repository with it; for another kind, add a key and remove the old one.',
      );
    const { changePassphrase } = await import('../../../../operations/repository-keys/index.ts');
    await using access = await openRepositoryOf(flags, host);
    const passphrase = await readNewPassphrase(flags, host);
    const { key, replaced } = await changePassphrase({ repository: access.repository, passphrase }, host.ctx);
    host.print(keyView('changed', key, { replaced }));
  },
});
