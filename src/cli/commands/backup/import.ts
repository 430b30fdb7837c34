import packageJson from '../../../../package.json' with { type: 'json' };
import type { ImportFormat } from '../../../operations/import/index.ts';
import { defineCommand, repositoryFlags, usageError } from '../../command/index.ts';
import { importedBackupView } from '../../output/views/index.ts';
import { importFlags, readImportSecrets, tellWarnings } from '../foreign-backups/index.ts';
import { openRepositoryOf } from '../repo/index.ts';

export const backupImportCommand = defineCommand({
  path: ['backup', 'import'],
  summary: 'make a backup in the repository out of a backup of another tool',
  description:
    'Does what "snapshot import" does, and stores the snapshot. The backup has the time of the import: when the file was ' +
    'made, its content does not say.',
  args: [
    { name: 'source', summary: 'the files of one backup, or the directory that holds them', isList: true },
  ],
  flags: {
    ...repositoryFlags,
    ...importFlags,
    'import-identity-file': {
      kind: 'string',
      valueName: 'file',
      summary: 'age identities that open the backup of the other tool',
    },
    'import-passphrase-file': {
      kind: 'string',
      valueName: 'file',
      summary: 'file with the passphrase of the backup of the other tool',
    },
    'import-passphrase-command': {
      kind: 'string',
      valueName: 'command',
      summary: 'command that prints that passphrase (else HOLDFAST_IMPORT_PASSPHRASE)',
    },
    'skip-unchanged': {
      kind: 'boolean',
      summary: 'make no backup when the newest one of the cluster holds the same',
    },
    'new-cluster': {
      kind: 'boolean',
      summary: 'allow a cluster that has no backup yet in a repository of another',
    },
    'work-dir': {
      kind: 'string',
      valueName: 'dir',
      summary: "where the snapshot lies meanwhile (the system's directory for temporary files without it)",
    },
  },
  examples: [
    { command: 'holdfast backup import etcd-snapshot-cp1-1795341600.zip', explains: 'From k3s or RKE2' },
    {
      command: 'holdfast backup import cluster.snap.zst.age --import-identity-file key.txt',
      explains: 'From talos-backup',
    },
  ],
  exitStatuses: {
    3: 'no backup that is known, or a damaged or incomplete one; nothing was stored',
    4: 'it does not open with what was given, is more than one, or the repository keeps another cluster',
  },
  steps: 'log-file',
  async run({ args, flags }, host) {
    const [first, ...others] = args;
    if (first === undefined) throw usageError('a source is needed', 'holdfast backup import SOURCE...');
    const { importIntoRepository } = await import('../../../operations/backup/index.ts');
    await using access = await openRepositoryOf(flags, host);
    const secrets = {
      'identity-file': flags['import-identity-file'],
      'passphrase-file': flags['import-passphrase-file'],
      'passphrase-command': flags['import-passphrase-command'],
    };
    const workDir = flags['work-dir'];
    const result = await importIntoRepository(
      {
        ...{ repository: access.repository, program: packageJson.version, paths: [first, ...others] },
        secrets: readImportSecrets(secrets, host),
        maxUnpackedBytes: Number(flags['max-size']),
        newCluster: flags['new-cluster'],
        skipUnchanged: flags['skip-unchanged'],
        ...(workDir !== undefined && { workDir }),
        ...(flags.format !== undefined && { format: flags.format as ImportFormat }),
      },
      host.ctx,
    );
    tellWarnings(result.imported, host);
    host.print(importedBackupView(result));
  },
});
