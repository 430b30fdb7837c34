import { randomInt } from 'node:crypto';
import type { VerifyBackupResult } from '../../../operations/upkeep/index.ts';
import type { BackupCheckOptions } from '../../../repository/index.ts';
import { defineCommand, repositoryFlags, usageError } from '../../command/index.ts';
import { verifiedBackupsView } from '../../output/views/index.ts';
import { openRepositoryOf } from '../repo/index.ts';

export const backupVerifyCommand = defineCommand({
  path: ['backup', 'verify'],
  summary: 'fetch backups and make every check of them',
  description:
    'Builds the database of each, makes the checks of "snapshot verify", and compares the hashes with those of the day ' +
    'the backup was made. The result is kept with the backup: "backup list" shows it, and the newest one that passed is ' +
    'never forgotten. With --read-data-subset nothing is fetched: every pack has to be there, and a share of them is ' +
    'read in full; only a failure is kept then.',
  args: [{ name: 'id', summary: 'ids, their beginnings, or "latest"', isList: true }],
  flags: {
    ...repositoryFlags,
    'read-data-subset': {
      kind: 'string',
      valueName: 'share',
      summary: 'read this share of the packs instead of fetching: 5%',
    },
    seed: {
      kind: 'integer',
      minimum: 0n,
      summary: 'choose the same packs again as a run that printed this seed',
    },
    'work-dir': {
      kind: 'string',
      valueName: 'dir',
      summary: "where the database lies meanwhile (the system's directory for temporary files without it)",
    },
  },
  examples: [
    { command: 'holdfast backup verify latest', explains: 'The newest one' },
    {
      command: 'holdfast backup verify latest --read-data-subset 5%',
      explains: 'Another twentieth each time, without fetching it',
    },
  ],
  exitStatuses: {
    3: 'a backup failed',
    4: 'there is no such backup, or the key is wrong or does not allow reading',
  },
  steps: 'log-file',
  isReport: true,
  async run({ args, flags }, host) {
    const subset = readSubset(flags);
    const { verifyBackup } = await import('../../../operations/upkeep/index.ts');
    await using access = await openRepositoryOf(flags, host);
    const { repository } = access;
    const workDir = flags['work-dir'];
    const verified: VerifyBackupResult[] = [];
    for (const id of args)
      verified.push(
        await verifyBackup(
          {
            ...{ repository, id },
            ...(workDir !== undefined && { workDir }),
            ...(subset !== undefined && { subset }),
          },
          host.ctx,
        ),
      );
    host.print(verifiedBackupsView(verified, subset?.seed));
    return verified.some(({ result }) => result.verdict === 'failed') ? 3 : 0;
  },
});

interface SubsetFlags {
  readonly 'read-data-subset': string | undefined;
  readonly seed: bigint | undefined;
}

/** Errors: USAGE. */
function readSubset({ 'read-data-subset': text, seed }: SubsetFlags): BackupCheckOptions | undefined {
  if (text === undefined) {
    if (seed !== undefined) throw usageError('--seed is of use only with --read-data-subset');
    return undefined;
  }
  const percent = /^(\d{1,3}(\.\d+)?)%$/.exec(text)?.[1];
  const share = percent === undefined ? Number.NaN : Number(percent) / 100;
  if (!(share > 0 && share <= 1))
    throw usageError(`invalid share "${text}" for --read-data-subset`, 'Write a percentage such as 5%.');
  if (seed !== undefined && seed > 0xffff_ffffn) throw usageError('--seed is at most 4294967295');
  return { share, seed: seed === undefined ? randomInt(2 ** 32) : Number(seed) };
}
