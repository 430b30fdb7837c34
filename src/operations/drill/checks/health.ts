import { AlarmType, type EtcdClient } from '../../../etcd/index.ts';
import type { FindingLog } from '../../verify/index.ts';

/** Whether it has a leader and nothing to complain of. Returns its version, too. Errors: those of the calls. */
export async function checkHealth(
  client: EtcdClient,
  log: FindingLog,
): Promise<{ readonly facts: string; readonly version: string }> {
  const status = await client.maintenance.status({});
  if (status.leader === 0n) log.fail('no-leader', 'it has no leader');
  for (const message of status.errors) log.fail('status-error', `it says of itself: ${message}`);
  const { alarms } = await client.maintenance.alarm({});
  for (const { alarm } of alarms) {
    const message = `alarm ${AlarmType[alarm]} is raised, as in the backup: a restored cluster takes no writes until it is disarmed`;
    log.fail('alarm', message);
  }
  return { facts: `etcd ${status.version}, a leader, no alarms`, version: status.version };
}
