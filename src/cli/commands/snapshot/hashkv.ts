import { defineCommand } from '../../command/index.ts';
import { snapshotHashView } from '../../output/views/index.ts';
import { lockTimeoutFlag } from './lock-timeout-flag.ts';

export const snapshotHashKvCommand = defineCommand({
  path: ['snapshot', 'hashkv'],
  summary: 'print the KV history hash of a snapshot',
  description:
    'The simple format lists hash, hash revision and compact revision. The hash of a file equals that of a member ' +
    '("endpoint hashkv") when revision and compact revision are equal too. The file is not changed.',
  args: [{ name: 'file', summary: 'a snapshot, or the database of a stopped member', takesBackup: true }],
  flags: {
    ...lockTimeoutFlag,
    rev: { kind: 'integer', default: 0n, summary: 'maximum revision to hash (the latest without it)' },
  },
  exitStatuses: { 3: 'the file is not an etcd database, or is damaged' },
  steps: 'log-file',
  async run(input, host) {
    const { snapshotHashKv } = await import('../../../operations/hashkv/index.ts');
    const hash = await snapshotHashKv({ path: input.args[0]!, revision: input.flags.rev }, host.ctx);
    host.print(snapshotHashView(hash));
  },
});
