import { HoldfastError } from '../../../base/index.ts';
import { defineCommand } from '../../command/index.ts';
import { verifyView } from '../../output/views/index.ts';

export const snapshotVerifyCommand = defineCommand({
  path: ['snapshot', 'verify'],
  summary: 'make every check of a snapshot that is known, in one report',
  description:
    'Checks digest, structure, history, records, compaction marks, leases, authentication, alarms, membership and ' +
    'versions. A warning is worth reading; a failure means that the file should not be restored from.',
  args: [{ name: 'file', summary: 'a snapshot, or the database of a stopped member', takesBackup: true }],
  flags: {
    'skip-hash-check': {
      kind: 'boolean',
      summary: 'leave out the digest: a copy of member/snap/db has none',
    },
  },
  exitStatuses: { 3: 'a check failed, or the file is not an etcd database' },
  steps: 'log-file',
  isReport: true,
  async run(input, host) {
    const { verifySnapshot } = await import('../../../operations/verify/index.ts');
    const options = { path: input.args[0]!, skipDigest: input.flags['skip-hash-check'] };
    const result = await verifySnapshot(options, host.ctx);
    host.print(verifyView(result));
    const failed = result.checks.filter(({ status }) => status === 'fail').map(({ name }) => name);
    if (failed.length === 0) return;
    throw new HoldfastError('VERIFY_FAILED', `${result.path} fails ${failed.join(', ')}`, {
      details: { path: result.path, checks: failed },
    });
  },
});
