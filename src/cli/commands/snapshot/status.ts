import { defineCommand } from '../../command/index.ts';
import { snapshotStatusView } from '../../output/views/index.ts';
import { lockTimeoutFlag } from './lock-timeout-flag.ts';

export const snapshotStatusCommand = defineCommand({
  path: ['snapshot', 'status'],
  summary: 'show hash, revision, keys and size of a snapshot',
  description:
    'The simple format lists hash, revision, total keys, total size and, for files of etcd 3.6 and later, the storage ' +
    'version. A bare member/snap/db will do as well. The structure of the file is checked on the way; a backup ' +
    'is fetched for that, while "backup show" has the same numbers from its record alone.',
  args: [{ name: 'file', summary: 'a snapshot, or the database of a stopped member', takesBackup: true }],
  flags: lockTimeoutFlag,
  exitStatuses: { 3: 'the file is not an etcd database, or is damaged' },
  steps: 'log-file',
  async run(input, host) {
    const { snapshotStatus } = await import('../../../operations/status/index.ts');
    const status = await snapshotStatus({ path: input.args[0]! }, host.ctx);
    for (const { code, message } of status.warnings) host.ctx.log.warn(message, { code });
    host.print(snapshotStatusView(status));
  },
});
