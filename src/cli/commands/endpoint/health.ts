import { HoldfastError } from '../../../base/index.ts';
import { defineCommand, formatGoDuration } from '../../command/index.ts';
import { healthView } from '../../output/views/index.ts';
import { clusterFlag } from './cluster-flag.ts';

export const endpointHealthCommand = defineCommand({
  path: ['endpoint', 'health'],
  summary: 'check the health of the endpoints',
  description: 'An endpoint is healthy when it answers a linearizable read and the cluster has no alarm.',
  flags: clusterFlag,
  exitStatuses: { 5: 'endpoints are unreachable or did not answer in time' },
  async run(input, host) {
    const { surveyHealth } = await import('../../../operations/survey/index.ts');
    const client = await host.clientOptions();
    const reports = await surveyHealth({ client, cluster: input.flags.cluster }, host.ctx);
    const rows = reports.map(({ endpoint, isHealthy, tookMs, problem = '' }) => ({
      endpoint,
      isHealthy,
      took: formatGoDuration(tookMs),
      problem,
    }));
    host.print(healthView(rows));
    const unhealthy = reports.filter(({ isHealthy }) => !isHealthy);
    if (unhealthy.length === 0) return;
    if (host.format === 'simple')
      for (const { endpoint, problem = '' } of unhealthy)
        host.say(`${endpoint} is unhealthy: failed to commit proposal: ${problem}`);
    // Alarms and refusals are one thing, silence is another: only silence alone is told as "unreachable".
    const errors = unhealthy.map(({ error }) => error);
    const first = errors.every((error) => error?.exitStatus === 5) ? errors[0] : undefined;
    throw new HoldfastError(first?.code ?? 'CLUSTER_UNHEALTHY', 'unhealthy cluster', {
      ...(first === undefined ? {} : { hint: first.hint, cause: first }),
      details: { endpoints: unhealthy.map(({ endpoint }) => endpoint) },
    });
  },
});
