import { defineCommand, repositoryFlags, usageError } from '../../command/index.ts';
import { recordView } from '../../output/views/index.ts';
import { openRepositoryOf } from '../repo/index.ts';

const idArgument = { name: 'id', summary: 'an id, its beginning, or "latest"' } as const;
const exitStatuses = { 4: 'there is no such backup, or the key is wrong' } as const;

export const backupPinCommand = defineCommand({
  path: ['backup', 'pin'],
  summary: 'keep a backup whatever the policy says',
  args: [idArgument],
  flags: {
    ...repositoryFlags,
    reason: { kind: 'string', default: '', summary: 'why, for those who come later' },
    until: {
      kind: 'string',
      valueName: 'time',
      summary: 'until when, such as 2027-01-31 or 2027-01-31T12:00:00Z (for ever without it)',
    },
  },
  examples: [
    { command: 'holdfast backup pin latest --reason "before the upgrade"', explains: 'The newest one' },
  ],
  exitStatuses,
  async run({ args, flags }, host) {
    const untilMs = flags.until === undefined ? undefined : Date.parse(flags.until);
    if (Number.isNaN(untilMs)) throw usageError(`invalid time "${flags.until}" for --until`);
    const { pinBackup } = await import('../../../operations/upkeep/index.ts');
    await using access = await openRepositoryOf(flags, host);
    const { id, pin } = await pinBackup(
      {
        ...{ repository: access.repository, id: args[0]!, reason: flags.reason },
        ...(untilMs !== undefined && { untilMs }),
      },
      host.ctx,
    );
    host.print(
      recordView(
        [
          { title: 'ID', json: 'id', value: id },
          { title: 'Pinned', json: 'pinned', value: true },
          { title: 'Reason', json: 'reason', value: pin.reason },
          { title: 'Until', json: 'until', value: pin.until ?? '' },
        ],
        [`Backup ${id} is pinned${pin.until === undefined ? '' : ` until ${pin.until}`}`],
      ),
    );
    return 0;
  },
});

export const backupUnpinCommand = defineCommand({
  path: ['backup', 'unpin'],
  summary: 'leave a backup to the policy again',
  args: [idArgument],
  flags: repositoryFlags,
  exitStatuses,
  async run({ args, flags }, host) {
    const { unpinBackup } = await import('../../../operations/upkeep/index.ts');
    await using access = await openRepositoryOf(flags, host);
    const { id } = await unpinBackup({ repository: access.repository, id: args[0]! }, host.ctx);
    host.print(
      recordView(
        [
          { title: 'ID', json: 'id', value: id },
          { title: 'Pinned', json: 'pinned', value: false },
        ],
        [`Backup ${id} is not pinned`],
      ),
    );
    return 0;
  },
});
