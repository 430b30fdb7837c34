import type { SlotLock } from '../../../repository/index.ts';
import { defineCommand, repositoryFlags } from '../../command/index.ts';
import { recordView } from '../../output/views/index.ts';
import { newKeyFlags } from './key/index.ts';
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
    'new-key-file': newKeyFlags['new-key-file'],
    label: {
      kind: 'string',
      default: 'first',
      summary: 'a name for the first key, which the store can read',
    },
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
    {
      command: 'holdfast repo init /srv/backups --new-key-file /etc/holdfast/key',
      explains: 'With a key file in place of a passphrase',
    },
  ],
  exitStatuses: { 4: 'there is a repository already' },
  async run({ args, flags }, host) {
    const location = args[0] ?? storageLocation(flags);
    const keyFile = flags['new-key-file'];
    const lock = keyFile === undefined ? await readLock(flags, host) : undefined;
    const { initRepository } = await import('../../../repository/index.ts');
    const { withLock } = await import('../../../operations/repository-keys/index.ts');
    await using storage = await openStorageOf(flags, { location, create: true, log: host.ctx.log });
    const init = (first: SlotLock) => initRepository(storage, { lock: first, label: flags.label }, host.ctx);
    const { repositoryId } = await (lock === undefined
      ? withLock({ kind: 'key-file', path: keyFile! }, init)
      : init(lock));
    const lines = [`Made repository ${repositoryId} at ${storage.location}`];
    if (keyFile !== undefined) lines.push(`Made ${keyFile}: keep a copy of it somewhere else`);
    host.print(
      recordView(
        [
          { title: 'Location', json: 'location', value: storage.location },
          { title: 'ID', json: 'id', value: repositoryId },
          ...(keyFile === undefined ? [] : [{ title: 'Key file', json: 'keyFile', value: keyFile }]),
        ],
        lines,
      ),
    );
  },
});
