import type { CopyBackupResult } from '../../../operations/backup/index.ts';
import { defineCommand, repositoryFlags, usageError } from '../../command/index.ts';
import { copiedBackupsView } from '../../output/views/index.ts';
import { openRepositoryOf } from '../repo/index.ts';
import { openTargetRepository, targetFlags } from './target-repository.ts';

const copyFlags = {
  ...repositoryFlags,
  ...targetFlags,
  all: { kind: 'boolean', summary: 'copy every backup, the oldest first' },
  'new-cluster': {
    kind: 'boolean',
    summary: 'allow a cluster that has no backup yet in a repository of another',
  },
  'work-dir': {
    kind: 'string',
    valueName: 'dir',
    summary: "where the database lies meanwhile (the system's directory for temporary files without it)",
  },
} as const;

export const backupCopyCommand = defineCommand({
  path: ['backup', 'copy'],
  summary: 'copy backups to another repository, under its keys',
  description:
    'Fetches each backup, verifies it, and stores it in the other repository, which shares what is the same there, too. ' +
    'A copy keeps its id, its time and its hashes; its bundle, results and pin come along. What is there already is not ' +
    'copied again.',
  args: [
    {
      name: 'id',
      summary: 'ids, their beginnings, "latest", "latest-verified" or times',
      optional: true,
      isList: true,
    },
  ],
  flags: copyFlags,
  examples: [
    {
      command: 'holdfast backup copy latest --to s3://bucket/etcd --to-passphrase-file other.txt',
      explains: 'The newest one, to another place with a passphrase of its own',
    },
    {
      command: 'holdfast backup copy --all --to /mnt/usb/etcd --to-key-file usb.key',
      explains: 'Whatever is not there yet',
    },
  ],
  exitStatuses: {
    3: 'a backup is damaged; it was not copied',
    4: 'there is no such backup, a key is wrong or not enough, or the other repository keeps another cluster',
  },
  steps: 'log-file',
  async run({ args: ids, flags }, host) {
    if (flags.all === ids.length > 0)
      throw usageError('nothing, or too much, is named', 'Name backups, or give --all.');
    const { copyBackup, listStoredBackups } = await import('../../../operations/backup/index.ts');
    await using source = await openRepositoryOf(flags, host);
    await using target = await openTargetRepository(flags, host);
    const { repository: from } = source;
    const { backups, unreadable } = flags.all
      ? await listStoredBackups({ repository: from }, host.ctx)
      : { backups: [], unreadable: [] };
    const workDir = flags['work-dir'];
    const results: CopyBackupResult[] = [];
    for (const id of flags.all ? backups.map(({ record }) => record.id) : ids)
      results.push(
        await copyBackup(
          {
            ...{ from, to: target.repository, id, newCluster: flags['new-cluster'] },
            ...(workDir !== undefined && { workDir }),
          },
          host.ctx,
        ),
      );
    host.print(copiedBackupsView(results));
    const [first] = unreadable;
    if (first !== undefined) throw first.error;
    return 0;
  },
});
