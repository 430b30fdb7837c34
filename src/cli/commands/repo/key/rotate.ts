import { defineCommand, repositoryFlags } from '../../../command/index.ts';
import { renewedKeysView } from '../../../output/views/index.ts';
import { openRepositoryOf } from '../open-repository.ts';

export const repoKeyRotateCommand = defineCommand({
  path: ['repo', 'key', 'rotate'],
  summary: 'make new keys for what is stored from now on',
  description:
    'For when somebody who could read the backups should not read new ones. The key that the repository is opened with ' +
    'is renewed and reads everything. Keys that only write go on as before. All others read what was stored before, ' +
    'and nothing newer: add them again.',
  flags: repositoryFlags,
  examples: [{ command: 'holdfast repo key rotate', explains: 'After "holdfast repo key remove"' }],
  steps: 'log-file',
  exitStatuses: { 4: 'the key is wrong or does not allow everything, or somebody else rotated meanwhile' },
  async run({ flags }, host) {
    const { renewKeys } = await import('../../../../operations/repository-keys/index.ts');
    await using access = await openRepositoryOf(flags, host);
    const { repository, unlock } = access;
    host.print(renewedKeysView(await renewKeys({ repository, unlock }, host.ctx)));
  },
});
