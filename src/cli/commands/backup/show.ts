import { defineCommand, repositoryFlags } from '../../command/index.ts';
import { backupView } from '../../output/views/index.ts';
import { openRepositoryOf } from '../repo/index.ts';

export const backupShowCommand = defineCommand({
  path: ['backup', 'show'],
  summary: 'show what is known of a backup',
  args: [{ name: 'id', summary: 'an id, its beginning, or "latest"' }],
  flags: repositoryFlags,
  exitStatuses: { 3: 'its record is damaged', 4: 'there is no such backup, or the key is wrong' },
  async run({ args, flags }, host) {
    const { showBackup } = await import('../../../operations/backup/index.ts');
    await using access = await openRepositoryOf(flags, host);
    host.print(backupView(await showBackup({ repository: access.repository, id: args[0]! }, host.ctx)));
  },
});
