import { defineCommand, repositoryFlags } from '../../command/index.ts';
import { requirePage, sandboxFlags, sandboxOptions, tellReport } from '../drill/index.ts';
import { openRepositoryOf } from '../repo/index.ts';

export const backupDrillCommand = defineCommand({
  path: ['backup', 'drill'],
  summary: 'bring a backup up in a sandbox, prove that it works, and keep the result with it',
  description:
    'Fetches the backup and does with it what "drill" does with a file; revision and HashKV have to be those of the day ' +
    'it was made. The result is kept with the backup: "backup list" shows it, and the newest one that passed is never ' +
    'forgotten.',
  args: [
    {
      name: 'id',
      summary: 'an id, its beginning, "latest" (without any), "latest-verified", or a time',
      optional: true,
    },
  ],
  flags: { ...repositoryFlags, ...sandboxFlags },
  steps: 'log-file',
  examples: [
    { command: 'holdfast backup drill', explains: 'The newest one, with the etcd on the PATH' },
    { command: 'holdfast backup drill latest --html drill.html', explains: 'With a page for those who ask' },
  ],
  exitStatuses: {
    3: 'the backup is damaged, or did not come up as what it claims to be',
    4: 'there is no such backup, the key is wrong or does not allow reading, or the file for the page is no report',
  },
  isReport: true,
  async run({ args: [id = 'latest'], flags }, host) {
    await requirePage(flags);
    const { drillBackup } = await import('../../../operations/backup/index.ts');
    const options = await sandboxOptions(flags, host);
    await using access = await openRepositoryOf(flags, host);
    const { report } = await drillBackup({ ...options, repository: access.repository, id }, host.ctx);
    await tellReport(report, flags, host);
    return 0;
  },
});
