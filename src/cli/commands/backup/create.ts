import { setFlagsFromString } from 'node:v8';
import packageJson from '../../../../package.json' with { type: 'json' };
import type { CreateBackupSource } from '../../../operations/backup/index.ts';
import { backupFlags, type CommandHost, defineCommand, repositoryFlags } from '../../command/index.ts';
import { createdBackupView } from '../../output/views/index.ts';
import { openRepositoryOf } from '../repo/index.ts';

export const backupCreateCommand = defineCommand({
  path: ['backup', 'create'],
  summary: 'make a backup of a live etcd or of a snapshot file',
  description:
    'Saves a snapshot of the etcd of this host, or takes FILE, makes every check of it, and stores what the repository ' +
    'does not have yet. Each backup stands alone. The record that makes it one is put last and read back. On a ' +
    'control-plane node its manifests, certificates, keys and configuration go with it (--no-bundle leaves them out), ' +
    'under a key of their own: see "backup fetch --bundle".',
  args: [{ name: 'file', summary: 'a snapshot; without it a live etcd is saved', optional: true }],
  flags: {
    ...repositoryFlags,
    bundle: backupFlags.bundle,
    exact: backupFlags.exact,
    'skip-unchanged': backupFlags['skip-unchanged'],
    'new-cluster': {
      kind: 'boolean',
      summary: 'allow a cluster that has no backup yet in a repository of another',
    },
    'skip-hash-check': {
      kind: 'boolean',
      summary: 'take a file without a digest: a copy of member/snap/db has none',
    },
    'work-dir': {
      kind: 'string',
      valueName: 'dir',
      summary: "where a live snapshot lies meanwhile (the system's directory for temporary files without it)",
    },
  },
  examples: [
    { command: 'holdfast backup create', explains: 'Of the etcd of this host' },
    { command: 'holdfast backup create snapshot.db -w json', explains: 'Of a file, for a script' },
    {
      command: 'holdfast backup create snapshot.db --exact',
      explains: 'The same file comes back, byte for byte, and not only the same rows',
    },
  ],
  exitStatuses: {
    3: 'the snapshot is damaged; nothing was stored',
    4: 'the key is wrong, the repository keeps another cluster, or there is nothing to bundle on this host',
    5: 'etcd or the store is unreachable',
  },
  steps: 'log-file',
  async run(input, host) {
    const { args, flags } = input;
    // Rows and chunks are garbage soon; a young generation that grows with them costs 60 MB.
    setFlagsFromString('--semi-space-growth-factor=1');
    const { beginBackupFacts, createBackup } = await import('../../../operations/backup/index.ts');
    const [path] = args;
    const skipDigest = flags['skip-hash-check'];
    await using begun = path === undefined ? undefined : beginBackupFacts(path, { skipDigest }, host.ctx);
    await using access = await openRepositoryOf(flags, host);
    const source: CreateBackupSource =
      path === undefined
        ? await liveSource(flags['work-dir'], host)
        : { kind: 'file', path, skipDigest, ...(begun !== undefined && { facts: begun.facts }) };
    const result = await createBackup(
      {
        repository: access.repository,
        source,
        hasOtherKeys: access.recalled.hasOtherKeys,
        node: {
          root: host.root,
          ...(input.origin('bundle').kind !== 'default' && { bundle: flags.bundle }),
        },
        program: packageJson.version,
        newCluster: flags['new-cluster'],
        skipUnchanged: flags['skip-unchanged'],
        exact: flags.exact,
      },
      host.ctx,
    );
    host.print(createdBackupView(result));
  },
});

async function liveSource(workDir: string | undefined, host: CommandHost): Promise<CreateBackupSource> {
  const save = { client: await host.clientOptions() };
  const dataDir = host.foundEtcd()?.dataDir;
  return {
    ...{ kind: 'live', save },
    ...(workDir !== undefined && { workDir }),
    ...(dataDir !== undefined && { dataDir }),
  };
}
