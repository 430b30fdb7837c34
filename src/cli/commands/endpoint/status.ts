import { defineCommand } from '../../command/index.ts';
import { endpointStatusView } from '../../output/views/index.ts';
import { clusterFlag } from './cluster-flag.ts';
import { failuresOf, throwIfFailed } from './failed-endpoints.ts';

export const endpointStatusCommand = defineCommand({
  path: ['endpoint', 'status'],
  summary: 'print the status of the endpoints',
  description:
    'The simple format lists endpoint, ID, version, (storage version,) db size, (in use, percentage not in use, ' +
    'quota,) is leader, is learner, raft term, raft index, raft applied index, errors(, downgrade target version, ' +
    'downgrade enabled); what stands in parentheses comes with servers of 3.6 and later.',
  flags: clusterFlag,
  exitStatuses: { 5: 'endpoints are unreachable or did not answer in time' },
  async run(input, host) {
    const { surveyStatus } = await import('../../../operations/survey/index.ts');
    const client = await host.clientOptions();
    const reports = await surveyStatus({ client, cluster: input.flags.cluster }, host.ctx);
    for (const { endpoint, error } of failuresOf(reports))
      host.say(`Failed to get the status of endpoint ${endpoint} (${error.message})`);
    const replies = reports.flatMap((report) =>
      'reply' in report ? [{ endpoint: report.endpoint, status: report.reply }] : [],
    );
    host.print(endpointStatusView(replies, { hex: host.globals.hex }));
    throwIfFailed(reports);
  },
});
