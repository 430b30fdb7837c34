/**
 * Asks every member of a cluster for its health, as `holdfast endpoint health --cluster` does.
 *
 *     ETCDCTL_ENDPOINTS=127.0.0.1:2379 node examples/check-health.ts
 */
import { operationContext } from 'holdfast';
import { surveyHealth } from 'holdfast/operations';

const endpoints = (process.env['ETCDCTL_ENDPOINTS'] ?? '127.0.0.1:2379').split(',');
const reports = await surveyHealth({ client: { endpoints }, cluster: true }, operationContext());

for (const { endpoint, isHealthy, problem } of reports)
  console.log(`${endpoint}: ${isHealthy ? 'healthy' : (problem ?? 'not healthy')}`);
process.exitCode = reports.every(({ isHealthy }) => isHealthy) ? 0 : 1;
