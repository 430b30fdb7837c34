import type { EndpointReport } from '../../../operations/survey/index.ts';
import { type CommandHost, defineCommand, formatGoDuration } from '../../command/index.ts';
import { defragmentView } from '../../output/views/index.ts';
import { clusterFlag } from './cluster-flag.ts';
import { throwIfFailed } from './failed-endpoints.ts';

export const defragCommand = defineCommand({
  path: ['defrag'],
  summary: 'defragment the storage of the members with the given endpoints',
  description: 'One endpoint after the other: a member does not serve while it is defragmented.',
  flags: clusterFlag,
  exitStatuses: { 5: 'endpoints are unreachable or did not answer in time (see --command-timeout)' },
  async run(input, host) {
    const { defragmentEndpoints } = await import('../../../operations/survey/index.ts');
    const client = await host.clientOptions();
    const onReport = (report: EndpointReport<void>) => {
      if (host.format === 'simple') sayReport(report, host);
    };
    const reports = await defragmentEndpoints({ client, cluster: input.flags.cluster, onReport }, host.ctx);
    const rows = reports.map((report) => ({
      endpoint: report.endpoint,
      took: formatGoDuration(report.tookMs),
      problem: 'error' in report ? report.error.message : '',
    }));
    host.print(defragmentView(rows));
    throwIfFailed(reports);
  },
});

function sayReport(report: EndpointReport<void>, host: CommandHost): void {
  const took = `took ${formatGoDuration(report.tookMs)}`;
  if ('error' in report)
    host.say(`Failed to defragment etcd member[${report.endpoint}]. ${took}. (${report.error.message})`);
  else host.out.line(`Finished defragmenting etcd member[${report.endpoint}]. ${took}`);
}
