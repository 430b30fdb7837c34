import { backupIdSummary, defineCommand, repositoryFlags } from '../../command/index.ts';
import { backupView } from '../../output/views/index.ts';
import { openRepositoryOf } from '../repo/index.ts';

export const backupShowCommand = defineCommand({
  path: ['backup', 'show'],
  summary: 'show what is known of a backup',
  description:
    'Where it comes from, what it holds, and what was found when it was verified. The files of a control-plane node ' +
    'that went with it are named when the key allows to read them.',
  args: [{ name: 'id', summary: backupIdSummary }],
  flags: repositoryFlags,
  exitStatuses: { 3: 'its record is damaged', 4: 'there is no such backup, or the key is wrong' },
  isReport: true,
  async run({ args, flags }, host) {
    const { listBundle, showBackup } = await import('../../../operations/backup/index.ts');
    await using access = await openRepositoryOf(flags, host);
    const { repository } = access;
    const summary = await showBackup({ repository, id: args[0]! }, host.ctx);
    host.print(backupView(summary, await listBundle({ repository, record: summary.record }, host.ctx)));
  },
});
