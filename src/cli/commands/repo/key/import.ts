import { defineCommand, repositoryFlags } from '../../../command/index.ts';
import { readText } from '../../../input/index.ts';
import { importedKeysView } from '../../../output/views/index.ts';
import { openStorageOf } from '../open-repository.ts';
import { readUnlock } from '../read-unlock.ts';

export const repoKeyImportCommand = defineCommand({
  path: ['repo', 'key', 'import'],
  summary: 'put what opens a repository back into its store',
  description:
    'Takes a sheet of "holdfast repo key export", opens it with one of the keys on it, and puts back what the store has ' +
    'lost or changed. Keys that are not in the store any more may have been removed on purpose: while there are ' +
    'others, they come back with --all-keys only.',
  args: [{ name: 'file', summary: 'the sheet' }],
  flags: {
    ...repositoryFlags,
    'all-keys': { kind: 'boolean', summary: 'also put back keys that were perhaps removed' },
  },
  examples: [{ command: 'holdfast repo key import keys.txt', explains: 'When the config was lost' }],
  steps: 'log-file',
  exitStatuses: {
    3: 'the sheet was changed',
    4: 'the key is wrong, or the store holds another repository; nothing was touched',
  },
  async run({ args, flags }, host) {
    const { importKeys } = await import('../../../../operations/repository-keys/index.ts');
    const sheet = await readText(args[0]!);
    await using storage = await openStorageOf(flags, { log: host.ctx.log });
    const imported = await importKeys(
      { storage, sheet, unlock: () => readUnlock(flags, host), allKeys: flags['all-keys'] },
      host.ctx,
    );
    host.print(importedKeysView(imported));
  },
});
