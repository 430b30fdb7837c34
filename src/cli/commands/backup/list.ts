import { defineCommand, repositoryFlags } from '../../command/index.ts';
import { backupListView } from '../../output/views/index.ts';
import { openRepositoryOf } from '../repo/index.ts';

export const backupListCommand = defineCommand({
  path: ['backup', 'list'],
  summary: 'list the backups in a repository, oldest first',
  flags: repositoryFlags,
  exitStatuses: { 3: 'records of backups are damaged; the others are listed', 4: 'the key is wrong' },
  async run({ flags }, host) {
    const { listStoredBackups } = await import('../../../operations/backup/index.ts');
    const { formatAge } = await import('../../../operations/objects/index.ts');
    await using access = await openRepositoryOf(flags, host);
    const listed = await listStoredBackups(access, host.ctx);
    const nowMs = host.ctx.clock.now();
    host.print(backupListView(listed, (stamp) => formatAge(stamp, nowMs)));
    const isEmpty = listed.backups.length === 0 && listed.unreadable.length === 0;
    if (isEmpty && host.format !== 'json' && !host.globals.quiet) host.say('There is no backup yet.');
    const [first] = listed.unreadable;
    if (first !== undefined) throw first.error;
  },
});
