import { setFlagsFromString } from 'node:v8';
import type { FetchBackupOptions, FetchBundleOptions } from '../../../operations/backup/index.ts';
import { backupIdSummary, type CommandHost, defineCommand, repositoryFlags } from '../../command/index.ts';
import { fetchedBundleView, recordView } from '../../output/views/index.ts';
import { openRepositoryOf } from '../repo/index.ts';

export const backupFetchCommand = defineCommand({
  path: ['backup', 'fetch'],
  summary: 'fetch a backup as a snapshot file',
  description:
    'Builds a snapshot with the same rows on fresh pages: the hash of "snapshot status" and HashKV are those of the ' +
    'original. Of a backup made with --exact it is the very same file. FILE appears when all of it was written and ' +
    'read back. With --bundle FILE is a directory, new or empty, and what is fetched are the files of the ' +
    'control-plane node that went with the backup, with their modes and times and no link out of it; ' +
    'that needs a key that allows "bundle".',
  args: [
    { name: 'id', summary: backupIdSummary },
    { name: 'file', summary: 'the file to write; with --bundle a directory' },
  ],
  flags: {
    ...repositoryFlags,
    force: { kind: 'boolean', summary: 'replace the file if it exists' },
    exact: {
      kind: 'boolean',
      summary: 'demand the very file that was backed up; --no-exact gives fresh pages, with a digest',
    },
    bundle: {
      kind: 'boolean',
      summary: 'fetch manifests, certificates, keys and configuration that went with the backup',
    },
  },
  examples: [
    { command: 'holdfast backup fetch latest snapshot.db', explains: 'The newest one, to restore from' },
    {
      command: 'holdfast backup fetch latest --bundle node-files',
      explains: 'The files of the control-plane node that went with it',
    },
  ],
  exitStatuses: {
    3: 'the backup is damaged; no file was made',
    4: 'there is no such backup, the key is wrong or does not allow it, or the file exists',
  },
  steps: 'log-file',
  async run(input, host) {
    const { args, flags } = input;
    const [id = '', path = ''] = args;
    // Rows and chunks are garbage soon; a young generation that grows with them costs 60 MB.
    setFlagsFromString('--semi-space-growth-factor=1');
    const { fetchBackup } = await import('../../../operations/backup/index.ts');
    await using access = await openRepositoryOf(flags, host);
    const { repository } = access;
    if (flags.bundle) {
      await fetchFiles({ repository, id, directory: path }, host);
      return;
    }
    const fetched = await fetchBackup(
      { repository, id, path, force: flags.force, ...exactness(input.given('exact'), flags.exact) },
      host.ctx,
    );
    host.print(
      recordView(
        [
          { title: 'ID', json: 'id', value: fetched.record.id },
          { title: 'Path', json: 'path', value: path },
          { title: 'Size', json: 'sizeBytes', value: fetched.sizeBytes },
          { title: 'SHA256', json: 'sha256', value: fetched.sha256 },
          { title: 'Exact', json: 'exact', value: fetched.exact },
          { title: 'Took ms', json: 'tookMs', value: Math.round(fetched.tookMs) },
        ],
        [`Backup ${fetched.record.id} fetched to ${path}`],
      ),
    );
  },
});

async function fetchFiles(options: FetchBundleOptions, host: CommandHost): Promise<void> {
  const { fetchBundle } = await import('../../../operations/backup/index.ts');
  host.print(fetchedBundleView(await fetchBundle(options, host.ctx)));
}

/** Without a word the very file, where the backup has what that needs. */
function exactness(isGiven: boolean, isWanted: boolean): Pick<FetchBackupOptions, 'exact'> {
  if (!isGiven) return { exact: 'if-possible' };
  return isWanted ? { exact: 'required' } : {};
}
