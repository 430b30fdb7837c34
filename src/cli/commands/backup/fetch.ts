import { defineCommand, repositoryFlags } from '../../command/index.ts';
import { recordView } from '../../output/views/index.ts';
import { openRepositoryOf } from '../repo/index.ts';

export const backupFetchCommand = defineCommand({
  path: ['backup', 'fetch'],
  summary: 'fetch a backup as a snapshot file',
  description:
    'Builds a snapshot with the same rows on fresh pages: the hash of "snapshot status" and HashKV are those of the ' +
    'original. FILE appears when all of it was written and read back.',
  args: [
    { name: 'id', summary: 'an id, its beginning, or "latest"' },
    { name: 'file', summary: 'the file to write' },
  ],
  flags: { ...repositoryFlags, force: { kind: 'boolean', summary: 'replace the file if it exists' } },
  examples: [
    { command: 'holdfast backup fetch latest snapshot.db', explains: 'The newest one, to restore from' },
  ],
  exitStatuses: {
    3: 'the backup is damaged; no file was made',
    4: 'there is no such backup, the key is wrong or does not allow reading, or the file exists',
  },
  async run({ args, flags }, host) {
    const [id = '', path = ''] = args;
    const { fetchBackup } = await import('../../../operations/backup/index.ts');
    await using access = await openRepositoryOf(flags, host);
    const fetched = await fetchBackup(
      { repository: access.repository, id, path, force: flags.force },
      host.ctx,
    );
    host.print(
      recordView(
        [
          { title: 'ID', json: 'id', value: fetched.record.id },
          { title: 'Path', json: 'path', value: path },
          { title: 'Size', json: 'sizeBytes', value: fetched.sizeBytes },
          { title: 'SHA256', json: 'sha256', value: fetched.sha256 },
          { title: 'Took ms', json: 'tookMs', value: Math.round(fetched.tookMs) },
        ],
        [`Backup ${fetched.record.id} fetched to ${path}`],
      ),
    );
  },
});
