import type { VerifyBackupResult } from '../../../operations/upkeep/index.ts';
import { defineCommand, repositoryFlags } from '../../command/index.ts';
import { verifiedBackupsView } from '../../output/views/index.ts';
import { openRepositoryOf } from '../repo/index.ts';

export const backupVerifyCommand = defineCommand({
  path: ['backup', 'verify'],
  summary: 'fetch backups and make every check of them',
  description:
    'Builds the database of each, makes the checks of "snapshot verify", and compares the hashes with those of the day ' +
    'the backup was made. The result is kept with the backup: "backup list" shows it, and the newest one that passed is ' +
    'never forgotten.',
  args: [{ name: 'id', summary: 'ids, their beginnings, or "latest"', isList: true }],
  flags: {
    ...repositoryFlags,
    'work-dir': {
      kind: 'string',
      valueName: 'dir',
      summary: "where the database lies meanwhile (the system's directory for temporary files without it)",
    },
  },
  examples: [{ command: 'holdfast backup verify latest', explains: 'The newest one' }],
  exitStatuses: {
    3: 'a backup failed',
    4: 'there is no such backup, or the key is wrong or does not allow reading',
  },
  async run({ args, flags }, host) {
    const { verifyBackup } = await import('../../../operations/upkeep/index.ts');
    await using access = await openRepositoryOf(flags, host);
    const { repository } = access;
    const workDir = flags['work-dir'];
    const verified: VerifyBackupResult[] = [];
    for (const id of args)
      verified.push(
        await verifyBackup({ repository, id, ...(workDir !== undefined && { workDir }) }, host.ctx),
      );
    host.print(verifiedBackupsView(verified));
    return verified.some(({ result }) => result.verdict === 'failed') ? 3 : 0;
  },
});
