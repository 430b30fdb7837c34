import {
  type CommandInput,
  defineCommand,
  repositoryFlags,
  retentionFlags,
  usageError,
} from '../../command/index.ts';
import { forgottenView } from '../../output/views/index.ts';
import { readRetentionPolicy } from '../../session/index.ts';
import { openRepositoryOf } from '../repo/index.ts';

const forgetFlags = {
  ...repositoryFlags,
  ...retentionFlags,
  'ignore-store-times': {
    kind: 'boolean',
    summary: 'go by the times of the hosts alone: the store was copied by a tool that does not keep its own',
  },
  'dry-run': { kind: 'boolean', summary: 'say what would be forgotten and why, and change nothing' },
} as const;

export const backupForgetCommand = defineCommand({
  path: ['backup', 'forget'],
  summary: 'forget the backups that a policy does not keep, or the ones named',
  description:
    'Every rule keeps backups; what no rule keeps is forgotten, and without a rule nothing is. Pinned backups and the ' +
    'newest one that passed a verification stay, whatever the policy says. Space is freed by "backup prune".',
  args: [
    { name: 'id', summary: 'ids or their beginnings; no policy is asked then', optional: true, isList: true },
  ],
  flags: forgetFlags,
  examples: [
    {
      command: 'holdfast backup forget --keep-hourly 24 --keep-daily 7 --dry-run',
      explains: 'What a policy does',
    },
    {
      command: 'holdfast backup forget --keep-daily 7 --ignore-store-times --dry-run',
      explains:
        'The same of a repository that was copied to another store, where all of it seems to be of today',
    },
  ],
  exitStatuses: { 4: 'a backup that was named is kept, or there is none; nothing was forgotten' },
  steps: 'log-file',
  isReport: true,
  async run(input, host) {
    const { args: ids, flags } = input;
    requireOneWay(input);
    const { forgetStoredBackups } = await import('../../../operations/upkeep/index.ts');
    const policy = await readRetentionPolicy(flags);
    await using access = await openRepositoryOf(flags, host);
    const dryRun = flags['dry-run'];
    const ignoreStoreTimes = flags['ignore-store-times'];
    const result = await forgetStoredBackups(
      { repository: access.repository, policy, ids, ignoreStoreTimes, dryRun },
      host.ctx,
    );
    host.print(forgottenView(result, { dryRun }));
    return 0;
  },
});

/** A policy of the configuration is left aside when ids are given; one beside them on the command line is a mistake. */
function requireOneWay({ args, origin }: Pick<CommandInput<typeof forgetFlags>, 'args' | 'origin'>): void {
  const rules = Object.keys(retentionFlags) as (keyof typeof retentionFlags)[];
  const given = rules.find((rule) => origin(rule).kind === 'flag');
  if (args.length > 0 && given !== undefined)
    throw usageError(`ids and --${given} exclude each other`, 'Name backups, or give a policy.');
}
