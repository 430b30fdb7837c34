import { defineCommand, repositoryFlags } from '../../command/index.ts';
import { recordView } from '../../output/views/index.ts';
import { openStorageOf, storageLocation } from './open-repository.ts';
import { readLock } from './read-unlock.ts';

export const repoInitCommand = defineCommand({
  path: ['repo', 'init'],
  summary: 'make a repository for backups',
  description:
    'Everything in it is encrypted. Without the passphrase or the key file nobody can read it, so keep that somewhere ' +
    'else than on the machine that is backed up.',
  args: [
    {
      name: 'location',
      summary: 'a directory, or s3://BUCKET/PREFIX (HOLDFAST_REPOSITORY without it)',
      optional: true,
    },
  ],
  flags: {
    ...repositoryFlags,
    label: { kind: 'string', default: 'first', summary: 'a name for the first key' },
  },
  examples: [
    {
      command: 'holdfast repo init /srv/backups --passphrase-file /etc/holdfast/passphrase',
      explains: 'In a directory',
    },
    {
      command: 'HOLDFAST_PASSPHRASE_COMMAND="pass show etcd" holdfast repo init s3://bucket/etcd',
      explains: 'In S3',
    },
  ],
  exitStatuses: { 4: 'there is a repository already' },
  async run({ args, flags }, host) {
    const location = args[0] ?? storageLocation(flags);
    const lock = await readLock(flags, host);
    const { initRepository } = await import('../../../repository/index.ts');
    await using storage = await openStorageOf(flags, { location, create: true });
    const { repositoryId } = await initRepository(storage, { lock, label: flags.label }, host.ctx);
    host.print(
      recordView(
        [
          { title: 'Location', json: 'location', value: storage.location },
          { title: 'ID', json: 'id', value: repositoryId },
        ],
        [`Made repository ${repositoryId} at ${storage.location}`],
      ),
    );
  },
});
