import type { EndpointReport } from '../../../operations/survey/index.ts';
import { type CommandHost, defineCommand, formatGoDuration, usageError } from '../../command/index.ts';
import { defragmentedDataDirView, defragmentView } from '../../output/views/index.ts';
import { clusterFlag } from './cluster-flag.ts';
import { throwIfFailed } from './failed-endpoints.ts';

export const defragCommand = defineCommand({
  path: ['defrag'],
  summary: 'defragment the storage of the members with the given endpoints',
  description:
    'One endpoint after the other: a member does not serve while it is defragmented. With --data-dir, the database of ' +
    'a data dir that no etcd uses: it is written anew, compared, and put in the place of the old one.',
  flags: {
    ...clusterFlag,
    'data-dir': {
      kind: 'string',
      valueName: 'dir',
      summary: 'defragment the database of this data dir, which no etcd uses',
    },
  },
  exitStatuses: {
    3: 'the database of the data dir is damaged',
    4: 'the data dir is in use',
    5: 'endpoints are unreachable or did not answer in time (see --command-timeout)',
  },
  async run(input, host) {
    const dataDir = input.flags['data-dir'];
    if (dataDir !== undefined) {
      if (input.flags.cluster)
        throw usageError('--data-dir and --cluster exclude each other', 'Defragment one or the other.');
      const { defragmentDataDir } = await import('../../../operations/defragment/index.ts');
      host.print(defragmentedDataDirView(await defragmentDataDir({ dataDir }, host.ctx)));
      return;
    }
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
