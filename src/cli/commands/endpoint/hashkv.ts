import { defineCommand } from '../../command/index.ts';
import { endpointHashView } from '../../output/views/index.ts';
import { clusterFlag } from './cluster-flag.ts';
import { failuresOf, throwIfFailed } from './failed-endpoints.ts';

export const endpointHashKvCommand = defineCommand({
  path: ['endpoint', 'hashkv'],
  summary: 'print the KV history hash of each endpoint',
  flags: {
    ...clusterFlag,
    rev: { kind: 'integer', default: 0n, summary: 'maximum revision to hash (the latest without it)' },
  },
  exitStatuses: { 5: 'endpoints are unreachable or did not answer in time' },
  async run(input, host) {
    const { surveyHashKv } = await import('../../../operations/survey/index.ts');
    const client = await host.clientOptions();
    const options = { client, cluster: input.flags.cluster, revision: input.flags.rev };
    const reports = await surveyHashKv(options, host.ctx);
    for (const { endpoint, error } of failuresOf(reports))
      host.say(`Failed to get the hash of endpoint ${endpoint} (${error.message})`);
    const replies = reports.flatMap((report) =>
      'reply' in report ? [{ endpoint: report.endpoint, hash: report.reply }] : [],
    );
    host.print(endpointHashView(replies, { hex: host.globals.hex }));
    throwIfFailed(reports);
  },
});
