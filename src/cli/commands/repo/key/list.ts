import { defineCommand, repositoryFlags } from '../../../command/index.ts';
import { keyListView } from '../../../output/views/index.ts';
import { openStorageOf } from '../open-repository.ts';

export const repoKeyListCommand = defineCommand({
  path: ['repo', 'key', 'list'],
  summary: 'list the keys of a repository',
  description:
    'Needs no key, so that it also helps when one is lost. Keys are shown as they describe themselves: whoever can ' +
    'write to the store could have put one there.',
  flags: repositoryFlags,
  examples: [{ command: 'holdfast repo key list', explains: 'Who can open the repository, and what for' }],
  steps: 'log-file',
  exitStatuses: { 3: 'a key cannot be read; the others are listed', 4: 'there is no repository' },
  async run({ flags }, host) {
    const { listKeys } = await import('../../../../operations/repository-keys/index.ts');
    await using storage = await openStorageOf(flags, { log: host.ctx.log });
    const listed = await listKeys({ storage }, host.ctx);
    host.print(keyListView(listed));
    const [first] = listed.unreadable;
    if (first !== undefined) throw first.problem;
  },
});
