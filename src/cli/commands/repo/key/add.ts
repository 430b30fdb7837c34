import { defineCommand, repositoryFlags } from '../../../command/index.ts';
import { keyView } from '../../../output/views/index.ts';
import { openRepositoryOf } from '../open-repository.ts';
import { newKeyFlags, readNewKey, readUses, requireOneKind } from './read-new-key.ts';

export const repoKeyAddCommand = defineCommand({
  path: ['repo', 'key', 'add'],
  summary: 'add a key to a repository: a passphrase, a key file, or age recipients',
  description:
    'The repository is opened with a key that there is; the new one can allow what that one does, or less. A node ' +
    'whose key only writes makes backups that it cannot read. Without a flag for it the new key is a passphrase, from ' +
    'HOLDFAST_NEW_PASSPHRASE or the terminal.',
  flags: {
    ...repositoryFlags,
    ...newKeyFlags,
    allow: {
      kind: 'list',
      valueName: 'use',
      summary:
        'write, read (what is in backups) and bundle (what is in their bundles); write is always allowed',
    },
    label: { kind: 'string', default: '', summary: 'a name for the key, which the store can read' },
  },
  examples: [
    { command: 'holdfast repo key add --label "on-call safe"', explains: 'A passphrase, asked for' },
    {
      command: 'holdfast repo key add --new-key-file /etc/holdfast/key --allow write --label cp1',
      explains: 'For a node, which cannot read what it writes',
    },
    {
      command: 'holdfast repo key add --recipient age1…,age1… --allow read,bundle',
      explains: 'For people with age identities',
    },
  ],
  steps: 'log-file',
  exitStatuses: { 4: 'the key at hand is wrong or allows less, or the key file exists' },
  async run({ flags }, host) {
    requireOneKind(flags);
    const allows = readUses(flags.allow);
    const { addKey } = await import('../../../../operations/repository-keys/index.ts');
    await using access = await openRepositoryOf(flags, host);
    const newKey = await readNewKey(flags, host);
    const key = await addKey(
      {
        repository: access.repository,
        ...{ newKey, label: flags.label },
        ...(allows !== undefined && { allows }),
      },
      host.ctx,
    );
    const path = newKey.kind === 'key-file' ? newKey.path : undefined;
    host.print(keyView('added', key, path === undefined ? {} : { path }));
  },
});
