import { defineCommand, repositoryFlags } from '../../../command/index.ts';
import { recordView } from '../../../output/views/index.ts';
import { openRepositoryOf } from '../open-repository.ts';

export const repoKeyRemoveCommand = defineCommand({
  path: ['repo', 'key', 'remove'],
  summary: 'remove a key of a repository',
  description:
    'Whoever had the key may have kept what it opened: "holdfast repo key rotate" keeps what is stored afterwards from ' +
    'them. The key that the repository is opened with for this stays, and so does the last one that reads.',
  args: [{ name: 'id', summary: 'the id of the key, or its beginning' }],
  flags: repositoryFlags,
  examples: [{ command: 'holdfast repo key remove 8f31', explains: 'Opened with another one' }],
  steps: 'log-file',
  exitStatuses: { 4: 'there is no such key, or it has to stay; nothing was removed' },
  async run({ args, flags }, host) {
    const { removeKey } = await import('../../../../operations/repository-keys/index.ts');
    await using access = await openRepositoryOf(flags, host);
    const id = await removeKey({ repository: access.repository, id: args[0]! }, host.ctx);
    host.print(recordView([{ title: 'Removed', json: 'removed', value: id }], [`Removed key ${id}`]));
  },
});
