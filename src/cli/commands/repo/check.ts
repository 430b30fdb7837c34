import { defineCommand, repositoryFlags } from '../../command/index.ts';
import { repositoryCheckView } from '../../output/views/index.ts';
import { openRepositoryOf } from './open-repository.ts';

export const repoCheckCommand = defineCommand({
  path: ['repo', 'check'],
  summary: 'check every object of a repository, and say which backups damage hits',
  description:
    'Looks at every object and reads what backups are made of, the data only with --read-data. Nothing is changed ' +
    'without --rebuild-index.',
  flags: {
    ...repositoryFlags,
    'read-data': { kind: 'boolean', summary: 'read every pack in full' },
    'rebuild-index': { kind: 'boolean', summary: 'write the index anew from the packs, then check' },
  },
  exitStatuses: {
    3: 'something is damaged',
    4: 'the key is wrong, or a prune is at work beside --rebuild-index',
  },
  isReport: true,
  async run({ flags }, host) {
    const { checkStoredRepository } = await import('../../../operations/upkeep/index.ts');
    await using access = await openRepositoryOf(flags, host);
    const result = await checkStoredRepository(
      {
        repository: access.repository,
        readData: flags['read-data'],
        rebuildIndex: flags['rebuild-index'],
        gone: access.recalled.gone,
      },
      host.ctx,
    );
    host.print(repositoryCheckView(result));
    return result.ok ? 0 : 3;
  },
});
