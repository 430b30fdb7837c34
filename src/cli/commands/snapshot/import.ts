import type { ImportFormat, ImportSecrets } from '../../../operations/import/index.ts';
import { defineCommand, usageError } from '../../command/index.ts';
import type { View } from '../../output/index.ts';
import { importView } from '../../output/views/index.ts';
import { importFlags, readImportSecrets, tellWarnings } from '../foreign-backups/index.ts';

export const snapshotImportCommand = defineCommand({
  path: ['snapshot', 'import'],
  summary: 'make a snapshot out of a backup of another tool',
  description:
    'Recognises the backup by its content, takes off compression and encryption, applies deltas or the log of a data ' +
    'dir, checks everything, and writes one snapshot that every command takes. Knows etcd snapshots and databases, ' +
    "copied data dirs, Gardener's full and delta snapshots, and the backups of kops, k3s, RKE2, OpenShift and Talos; " +
    'in gzip, zlib, zstd, zip, tar and age.',
  args: [
    {
      name: 'source',
      summary:
        'the files of one backup, or the directory that holds them; the last word is the file to write',
      isList: true,
    },
  ],
  flags: {
    format: importFlags.format,
    'identity-file': { kind: 'string', valueName: 'file', summary: 'age identities that open the backup' },
    'passphrase-file': {
      kind: 'string',
      valueName: 'file',
      summary: 'file with the passphrase of the backup',
    },
    'passphrase-command': {
      kind: 'string',
      valueName: 'command',
      summary: 'command that prints the passphrase of the backup (else HOLDFAST_IMPORT_PASSPHRASE)',
    },
    'max-size': importFlags['max-size'],
    force: { kind: 'boolean', summary: 'replace the file if it exists' },
  },
  examples: [
    {
      command: 'holdfast snapshot import etcd-snapshot-cp1-1795341600.zip snapshot.db',
      explains: 'From k3s or RKE2',
    },
    {
      command: 'holdfast snapshot import /backups/shoot--a--b/etcd-main/ snapshot.db',
      explains: "Gardener's newest full snapshot with its deltas",
    },
    {
      command: 'holdfast snapshot import cluster.snap.zst.age snapshot.db --identity-file key.txt',
      explains: 'From talos-backup',
    },
  ],
  exitStatuses: {
    3: 'no backup that is known, or a damaged or incomplete one',
    4: 'it does not open with what was given, is too large, or is more than one; nothing was written',
  },
  steps: 'log-file',
  async run({ args, flags }, host) {
    const { importBackup } = await import('../../../operations/import/index.ts');
    const paths = args.slice(0, -1);
    const [first, ...others] = paths;
    const out = args.at(-1);
    if (first === undefined || out === undefined)
      throw usageError(
        'a source and the file to write are needed',
        'Usage: holdfast snapshot import SOURCE... FILE.',
      );
    const secrets: ImportSecrets = readImportSecrets(flags, host);
    const result = await importBackup(
      {
        paths: [first, ...others],
        out,
        secrets,
        force: flags.force,
        maxUnpackedBytes: Number(flags['max-size']),
        ...(flags.format === undefined ? {} : { format: flags.format as ImportFormat }),
      },
      host.ctx,
    );
    tellWarnings(result, host);
    const view: View = importView(result);
    host.print(view);
  },
});
