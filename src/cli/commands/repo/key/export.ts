import { defineCommand, repositoryFlags, usageError } from '../../../command/index.ts';
import { exportedKeysView } from '../../../output/views/index.ts';
import { openRepositoryOf } from '../open-repository.ts';

export const repoKeyExportCommand = defineCommand({
  path: ['repo', 'key', 'export'],
  summary: 'write down what opens a repository, for a safe',
  description:
    'The sheet holds the config and the keys as they lie in the store, where a few lost bytes of them would cost all ' +
    'backups. The keys on it are sealed: it takes a passphrase, key file or identity as well. With --with-key it also ' +
    'holds a new key in the clear, and opens the repository by itself. "holdfast repo key import" puts all of it back.',
  args: [{ name: 'file', summary: 'the file to write, of mode 0600; - is standard output' }],
  flags: {
    ...repositoryFlags,
    'with-key': { kind: 'boolean', summary: 'add a key that is on the sheet itself' },
    force: { kind: 'boolean', summary: 'show a sheet with a key on a terminal' },
  },
  examples: [
    { command: 'holdfast repo key export keys.txt', explains: 'After each change of the keys' },
    {
      command: 'holdfast repo key export - --with-key | lpr',
      explains: 'On paper, for the day on which every passphrase is gone',
    },
  ],
  steps: 'log-file',
  exitStatuses: { 4: 'the key is wrong, or the file exists' },
  async run({ args, flags }, host) {
    const [path = '-'] = args;
    const toOutput = path === '-';
    const withKey = flags['with-key'];
    if (toOutput && withKey && !flags.force && host.io.stdout.isTerminal)
      throw usageError(
        'a key is not shown on a terminal',
        'Name a file, send the output elsewhere, or add --force.',
      );
    const { exportKeys } = await import('../../../../operations/repository-keys/index.ts');
    await using access = await openRepositoryOf(flags, host);
    const { repository } = access;
    const exported = await exportKeys({ repository, withKey, ...(toOutput ? {} : { path }) }, host.ctx);
    host.print(exportedKeysView(exported, toOutput ? undefined : path));
  },
});
