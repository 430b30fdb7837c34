import { defineCommand, repositoryFlags, usageError } from '../../command/index.ts';
import { pruneView } from '../../output/views/index.ts';
import { openRepositoryOf } from '../repo/index.ts';

export const backupPruneCommand = defineCommand({
  path: ['backup', 'prune'],
  summary: 'free the space that no backup needs',
  description:
    'Backups may be made meanwhile. While one runs that began before the prune knew what goes, nothing is deleted; the ' +
    'next prune goes on.',
  flags: {
    ...repositoryFlags,
    'max-repack': {
      kind: 'string',
      valueName: 'size',
      default: '1GiB',
      summary: 'copy at most so much out of packs that are mostly waste',
    },
    'dry-run': { kind: 'boolean', summary: 'say what would be freed, and change nothing' },
  },
  exitStatuses: {
    3: 'contents that backups need are missing',
    4: 'the key is wrong, or another prune is at work',
  },
  steps: 'log-file',
  async run({ flags }, host) {
    const { parseByteSize } = await import('../../../operations/config/index.ts');
    const maxRepackBytes = parseByteSize(flags['max-repack']);
    if (maxRepackBytes === undefined)
      throw usageError(
        `invalid size "${flags['max-repack']}" for --max-repack`,
        'Write a number with a unit, such as 500MiB.',
      );
    const { pruneStoredRepository } = await import('../../../operations/upkeep/index.ts');
    await using access = await openRepositoryOf(flags, host);
    const dryRun = flags['dry-run'];
    const result = await pruneStoredRepository(
      { repository: access.repository, maxRepackBytes, dryRun },
      host.ctx,
    );
    host.print(pruneView(result, { dryRun }));
    return result.missing > 0 ? 3 : 0;
  },
});
