import { backupIdSummary, defineCommand, repositoryFlags, usageError } from '../../command/index.ts';
import { recordView, rowsView } from '../../output/views/index.ts';
import { openRepositoryOf } from '../repo/index.ts';

const idArgument = { name: 'id', summary: backupIdSummary } as const;
const exitStatuses = { 4: 'there is no such backup, or the key is wrong' } as const;

export const backupPinCommand = defineCommand({
  path: ['backup', 'pin'],
  summary: 'keep a backup whatever the policy says',
  description:
    'It is kept until it is unpinned. No clock ends a pin, since a clock may be wrong: past --until, "backup forget" ' +
    'says that the pin is no longer wanted, and "backup unpin --ended" takes it away.',
  args: [idArgument],
  flags: {
    ...repositoryFlags,
    reason: { kind: 'string', default: '', summary: 'why, for those who come later' },
    until: {
      kind: 'string',
      valueName: 'time',
      summary: 'until when it is wanted, such as 2027-01-31 or 2027-01-31T12:00:00Z (for ever without it)',
    },
  },
  examples: [
    { command: 'holdfast backup pin latest --reason "before the upgrade"', explains: 'The newest one' },
  ],
  exitStatuses,
  steps: 'log-file',
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
  args: [{ ...idArgument, optional: true }],
  flags: {
    ...repositoryFlags,
    ended: { kind: 'boolean', summary: 'all whose pins are past their ends by the clock here' },
  },
  exitStatuses,
  steps: 'log-file',
  async run({ args: [text], flags }, host) {
    if ((text === undefined) !== flags.ended)
      throw usageError('an id or --ended is needed, and not both', 'Name a backup, or give --ended.');
    const { unpinBackup, unpinEnded } = await import('../../../operations/upkeep/index.ts');
    await using access = await openRepositoryOf(flags, host);
    const { repository } = access;
    if (text === undefined) {
      const { ids } = await unpinEnded({ repository }, host.ctx);
      host.print(
        rowsView({
          ...{ header: ['id'], rows: ids.map((id) => [id]), json: { unpinned: [...ids] } },
          lines: [`${ids.length} backups are pinned no longer`],
        }),
      );
      return 0;
    }
    const { id } = await unpinBackup({ repository, id: text }, host.ctx);
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
