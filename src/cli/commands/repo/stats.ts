import { defineCommand, repositoryFlags } from '../../command/index.ts';
import { repositoryStatsView } from '../../output/views/index.ts';
import { openRepositoryOf } from './open-repository.ts';

export const repoStatsCommand = defineCommand({
  path: ['repo', 'stats'],
  summary: 'show what a repository holds, takes and saves',
  description:
    'Counts records, index and the lists of the store; no pack is read. What each backup added is in the JSON and in ' +
    '"holdfast backup list".',
  flags: repositoryFlags,
  examples: [
    { command: 'holdfast repo stats', explains: 'Is it time for a prune?' },
    { command: 'holdfast repo stats -w json', explains: 'For a graph' },
  ],
  exitStatuses: { 3: 'something is damaged and was not counted', 4: 'the key is wrong' },
  async run({ flags }, host) {
    const { readRepositoryStats } = await import('../../../operations/repository-stats/index.ts');
    await using access = await openRepositoryOf(flags, host);
    const { repository } = access;
    const stats = await readRepositoryStats({ repository }, host.ctx);
    host.print(repositoryStatsView(stats));
    return stats.problems.length === 0 ? 0 : 3;
  },
});
